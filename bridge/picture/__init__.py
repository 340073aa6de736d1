"""Where the pipeline stands: the one picture that `chat-tasks top` and the console show.

- `sources/`: asks Kafka, Redis, Cassandra and the processes, each in a thread of its own. `Picture` owns them.
- `sight` is what they told until now. All that is made of it is pure: `growth` makes rates of counters, `quantiles`
  makes latencies of histograms, `history` keeps 15 minutes of both, `stations` says what each station of the road does,
  `standing` says it all in one sentence, and `view` has everything as JSON.
"""
