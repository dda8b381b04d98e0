"""The toy protocol through Python's typed face: the package of the testing build is on PYTHONPATH."""

from bankchannel import BankchannelError, Toy, ToyHost

with ToyHost(word="Welcome") as host:
    guest = Toy(base_url=host.base_url, name="Kari")
    assert guest.greet(name="Ola").greeting == "Welcome, Ola!"
    assert guest.greet().greeting == "Welcome, Kari!"
    assert list(guest.spell(text="øl").characters) == ["ø", "l"]
    asked = guest.greet_whoever(question="Who is there?", on_code=lambda question: f"Liv, asked for a {question.kind}")
    assert asked.greeting == "Welcome, Liv, asked for a name!"
    try:
        guest.greet(name="")
    except BankchannelError as error:
        assert error.code == "toy.refused", error
    else:
        raise AssertionError("an empty name was greeted")
print("well")
