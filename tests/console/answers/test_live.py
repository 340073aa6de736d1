from collections.abc import Mapping

from console.answers.live import Rendered


def test_a_page_is_rendered_once_a_moment_however_many_show_it() -> None:
    rendered = Rendered()
    calls: list[int] = []

    def render() -> Mapping[str, object]:
        calls.append(len(calls))
        return {"part": len(calls)}

    shown = [rendered.parts("page", render, now) for now in (10.0, 10.5, 11.9, 12.0, 13.9)]
    assert [one["part"] for one in shown] == [1, 1, 1, 2, 2]
    assert rendered.parts("another page", render, 13.9) == {"part": 3}
    assert rendered.parts("page", render, 13.9) == {"part": 2}
