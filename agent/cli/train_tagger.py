"""`firstcontact train tagger`: make the tag head anew from text of our own making."""

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.root import console, ready_settings, train


@train.command("tagger")
def tagger(
    *,
    messages: Annotated[int, typer.Option(help="How many messages to generate.")] = 18_000,
    epochs: Annotated[int, typer.Option(help="How often to go through them.")] = 4,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same messages and, on one machine, the same head.")
    ] = 7,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the weights; over the committed ones when left out.")
    ] = None,
) -> None:
    """Train the head that tags names, addresses and ids; it takes minutes, and torch and Faker."""
    from agent.quality.pii_generate import Generator
    from agent.quality.pii_train import read_all, train_head
    from guardrails.pii.head import WEIGHTS, save_head
    from kb.encoder import Encoder, build_encoder

    folder = ready_settings().home / "encoder"
    with console.status("Training…") as status:

        def progress(line: str) -> None:
            status.update(line)

        build_encoder(folder, progress)
        samples = list(Generator(seed).samples(messages))
        examples = read_all(samples, Encoder(folder).read.__wrapped__, progress)
        head = train_head(examples, epochs=epochs, seed=seed, progress=progress)
    target = out or WEIGHTS
    save_head(head, target)
    console.print(f"Trained on {messages} messages; {target.stat().st_size / 1e6:.1f} MB written to {target}.")
