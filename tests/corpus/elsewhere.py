# The rows of extraction, caches and execution (189 to 207), which no single archive can show: the tests that do.
# SPDX-License-Identifier: Apache-2.0

from cases import Collection

CORPUS = Collection(range(189, 208))

NO_CACHE = "provar keeps no cache of executables, and looks into no other's; "

SHOWN = {
    189: ("what is in the way is the case", "cli/hostile_output: a link, directory or FIFO at the output's name, for every verb that writes a file",
          "cli/hostile_output: an output's name that is by turns nothing, a link and a directory while a file is extracted",
          "cli/hostile_owner: extract to a shared folder: what another user planted there is neither followed nor replaced"),
    190: ("the folder is the case; a link of the caller's own is followed",
          "cli/hostile_owner: an output by a folder's link: the caller's and root's are followed, and none that another user planted",
          "unit/test_directory: test_links_of_others"),
    191: (NO_CACHE + "the directories that it makes and uses are those of keys and of temporary files",
          "cli/hostile_owner: a key directory that another user made first is not used",
          "cli/hostile_owner: extract --destination -: a TMPDIR of another user holds nothing that they could open"),
    192: (NO_CACHE + "what lies in a v1 host's is neither run nor kept",
          "cli/hostile_run: run: no executable but the archive's, whatever lies in caches, folders and PATH"),
    193: ("the moment is the case", "cli/hostile_race: run: another process writes into the memory file",
          "cli/hostile_race: run: the memory file of a provider that runs cannot be written, cut or unsealed"),
    194: ("the moment is the case", "cli/hostile_race: the archive is by turns another file, while 120 commands read it",
          "cli/hostile_race: the archive's bytes are rewritten in place, while 100 commands read it"),
    195: (NO_CACHE + "archives are no more alike for names that a cache would take for one",
          "cli/hostile_run: run: two archives whose names look alike to a cache, by turns"),
    196: ("the disk, or the moment, is the case", "cli/faults: a full disk: extract", "cli/faults: a full disk: extract over a file",
          "cli/kill: extract, killed at 40 moments, leaves nothing or a whole executable"),
    197: ("the folder is the case", "cli/extract: extract: an existing file only with --force", "unit/test_out: test_replaced_file_is_another_inode"),
    198: ("the umask is the case", "cli/hostile_output: modes: an archive's 06777 and a umask of 000 give no file more than it should have"),
    199: ("the system is the case", "cli/hostile_system: run: where the archive, the directory and TMPDIR are mounted noexec",
          "cli/hostile_system: run: vm.memfd_noexec=1, which asks for a word that provar gives",
          "cli/hostile_system: run: vm.memfd_noexec=2, which forbids it, is named",
          "cli/hostile_system: run: without /proc, which is named; extract has another way",
          "cli/hostile_system: run: system calls that a seccomp profile forbids are named, or done without"),
    200: ("run alone looks at it", "cli/hostile_run: run: scripts, headers of other machines, formats and classes, and what is cut short"),
    201: ("run alone looks at it", "cli/hostile_run: run: scripts, headers of other machines, formats and classes, and what is cut short",
          "cli/hostile_run: run: a loader that is not there is no missing file"),
    202: ("the environment is the case", "cli/hostile_run: run: what the loader and the C library would obey does not reach the provider"),
    203: ("the caller is the case", "cli/hostile_run: run: descriptors, blocked and ignored signals of the caller do not reach the provider",
          "cli/hostile_run: run: a caller that has closed standard input, output and errors"),
    204: ("the provider is the case", "cli/hostile_run: run: 10 MiB of host data, and a provider that never reads them"),
    205: ("the provider is the case", "cli/hostile_run: run: a provider that ends before it has read, 40 times"),
    206: ("the provider is the case",
          "cli/hostile_run: run: a provider whose provar is killed dies; what it has started in a session of its own does not",
          "cli/hostile_run: run: a provider that goes into the background has ended"),
    207: ("the moment is the case", "cli/hostile_race: run: another process writes into the memory file",
          "cli/hostile_race: run: the memory file of a provider that runs cannot be written, cut or unsealed", "unit/test_memfile: test_nobody_can_change_a_sealed_file"),
}

RUN = ": docs/THREATS.md, Not answered"

CORPUS.does_otherwise(204, "host data wait for a provider without a timeout; signals are passed on, and its end is seen, all the same",
                      "nobody knows how long one may take to begin, and to end one that is slow is its user's to say, as by timeout(1)" + RUN)
CORPUS.does_otherwise(206, "a provider has no process group of its own, and what it has started is not killed with it",
                      "out of a terminal's foreground group its keys would not reach the provider, nor could it read from there; what "
                      "leaves for the background leaves a group too, and a killed provar could end none" + RUN)

for row, (why, *tests) in SHOWN.items():
    for test in tests:
        CORPUS.is_in(row, test, why)
