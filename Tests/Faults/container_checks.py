"""What docker-compose.yml promises of Martlet's containers, held against what the kernel says in each of them."""

# Printed in a container, of its first process, which is the one that matters.
ASK = ["cat", "/proc/1/status", "/proc/1/limits", "/proc/1/mounts"]


def broken_promises(text, open_files=None):
    """What is not as promised, in words; `text` is what ASK printed, `open_files` what the process may at least open."""
    lines = text.splitlines()
    status = dict(line.split(":", 1) for line in lines if ":\t" in line)
    if {part for part in status["Uid"].split()} & {"0"}:
        yield "runs as root"
    if any(int(status[kind], 16) for kind in ("CapPrm", "CapEff", "CapBnd")):
        yield f"has capabilities: {status['CapEff'].strip()}"
    if status["NoNewPrivs"].strip() != "1":
        yield "may gain privileges"
    if "ro" not in root_options(lines):
        yield "can write to its root"
    if open_files and open_file_limit(lines) < open_files:
        yield f"may open {open_file_limit(lines)} files, not {open_files}"


def root_options(lines):
    """Those of what is mounted last at `/`: it hides the others."""
    mounts = [line.split() for line in lines]
    return [words[3].split(",") for words in mounts if len(words) == 6 and words[1] == "/"][-1]


def open_file_limit(lines):
    soft = next(line for line in lines if line.startswith("Max open files")).split()[3]
    return float("inf") if soft == "unlimited" else int(soft)


def leaks(secrets, texts):
    """Names of secrets whose values stand in one of the texts. `texts`: {where: text}."""
    return [f"{name} stands in {where}" for where, text in texts.items() for name, value in secrets.items()
            if value in text]
