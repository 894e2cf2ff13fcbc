# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""The same claims from one process, MPI ranks, a run with a rank killed, and a Slurm array.

usage: many_processes_test.py mxscope verify_array.sbatch [mxscope-mpi mpirun]
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

REQUEST = ["arcquant", "--only", "kernel", "tighter", "dual"]


def run(arguments, environment=None, expect=0):
    done = subprocess.run(arguments, capture_output=True, text=True,
                          env={**os.environ, **(environment or {})})
    assert done.returncode == expect, (arguments, done.returncode, done.stderr)
    return done


def claims(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)["claims"]


def ranks_of(launcher, program):
    """Process ids of the program's ranks, the last started last."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
            if parent == launcher and os.readlink(f"/proc/{entry}/exe") == program:
                found.append(int(entry))
        except OSError:
            pass
    return sorted(found)


def check_array(mxscope, script, expected, folder):
    journals = os.path.join(folder, "journals")
    shards = 3
    for index in range(shards):
        run([script, journals, *REQUEST],
            {"MXSCOPE": mxscope, "SLURM_ARRAY_TASK_ID": str(index),
             "SLURM_ARRAY_TASK_COUNT": str(shards), "SLURM_ARRAY_TASK_MIN": "0"})
    files = [os.path.join(journals, f"shard-{i}.jsonl") for i in range(shards)]
    for order in (files, files[::-1]):
        merged = os.path.join(folder, "merged.json")
        run([mxscope, "verify", "merge", *order, "--json", "-o", merged])
        assert claims(merged) == expected, "an array's shards merge to other claims"
    run([script, journals, *REQUEST], {"SLURM_ARRAY_TASK_COUNT": "3"}, expect=1)
    run([script], expect=2)


def check_mpi(mpi, mpirun, expected, folder):
    start = [mpirun, "-n", "3", mpi, "verify"]
    many = os.path.join(folder, "many.json")
    summary = run(start + [*REQUEST, "--json", "-o", many]).stdout
    assert claims(many) == expected, "three ranks have other claims"
    assert "\x1b" not in summary, "colours went to what is no terminal"

    done = subprocess.run(start + ["nonsense"], capture_output=True, text=True)
    assert done.returncode != 0 and "unknown mxscope verify command 'nonsense'" in done.stderr

    journal = os.path.join(folder, "killed.jsonl")
    resumed = os.path.join(folder, "resumed.json")
    command = start + [*REQUEST, "--journal", journal, "--json", "-o", resumed]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.time() + 120
    while time.time() < deadline:  # until something has been noted
        if os.path.exists(journal) and len(open(journal, encoding="utf-8").readlines()) > 2:
            break
        time.sleep(0.02)
    ranks = ranks_of(process.pid, os.path.realpath(mpi))
    assert len(ranks) == 3, ranks
    os.kill(ranks[-1], signal.SIGKILL)
    assert process.wait(timeout=120) != 0, "a rank died and nobody noticed"
    assert not os.path.exists(resumed), "a result was written though a rank died"
    with open(journal, encoding="utf-8") as file:
        noted = len(file.readlines()) - 1
    assert 0 < noted < len(expected), noted
    run(command)
    assert claims(resumed) == expected, "the resumed run has other claims"


def main():
    mxscope, script, *mpi = sys.argv[1:]
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                      OMPI_MCA_rmaps_base_oversubscribe="1")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        alone = os.path.join(folder, "alone.json")
        run([mxscope, "verify", *REQUEST, "--json", "-o", alone])
        expected = claims(alone)
        check_array(mxscope, script, expected, folder)
        works = mpi and subprocess.run([mpi[1], "-n", "2", "true"], capture_output=True).returncode == 0
        if works:
            check_mpi(*mpi, expected, folder)
        elif mpi:
            print(mpi[1], "cannot start two processes here; MPI was not tested")
    print("the claims are the same", "with and without MPI" if works else "on a Slurm array")


if __name__ == "__main__":
    main()
