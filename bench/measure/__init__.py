"""What is measured: throughput, latency, growth, scaling, and the limit that the driver alone reaches."""
