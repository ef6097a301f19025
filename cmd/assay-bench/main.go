// Command assay-bench measures assay beside its peers and beside the least that
// the same job can cost. It is for those who work on assay: every figure that
// the documents name can be had again with it.
//
//	assay-bench build            fetch and build the corpora and the peers
//	assay-bench run              measure: folder, history, incremental, growth, startup, audit, trails, access, many, accuracy, words,
//	                             trees, kit, fuzz, soak
//	assay-bench diff             list what gitleaks reports and assay does not
//	assay-bench judge draw       draw findings in large trees for a person to judge
//	assay-bench judge count      count the verdicts: what is worth a look, what is false
//	assay-bench train            train the model of package rules, and cross-validate it
//	assay-bench words build DIR  write the files and labels of the suite words
//
// # Suites
//
// folder: assay scan --no-history, gitleaks dir, ripgrep counting lines with one
// of 20 words without regard to case, and a program that reads every file and
// does nothing with it, on trees of large modules and on the Go toolchain.
//
// history: assay scan --history-only, gitleaks git, and git cat-file writing all
// objects to nowhere, on a history of published versions (few large commits), a
// generated one (100,000 small commits with merges and planted credentials) and
// packs that others made.
//
// incremental: assay scan --history-only --state twice on the first two of these:
// without a state at first, which leaves one, and then with nothing new.
//
// growth: assay scan --history-only and git cat-file as in history, on generated
// histories of 10,000, 100,000 and 1,000,000 objects and on one of 1,200,000
// objects with 5 GB of blobs. It runs only where it is named: building the large
// ones takes up to ten minutes each, and 1.7 GB while it lasts.
//
// startup: assay version beside an empty Go program; assay scan --staged beside
// gitleaks and git diff --cached --quiet, with one staged file in repositories
// of 5,000 and of 20,000 files.
//
// audit: assay audit on a made-up AWS (audit/fakeaws) in a process of its own, with
// the quotas of AWS times --scale, beside the time that these allow at best. It
// runs only where it is named; --secrets says how many secrets the account has, in
// one region or, with --everywhere, in each of 17, or with --organization N in each of
// the 17 regions of N accounts.
//
// trails: assay audit on a saved inventory and the files of a made-up trail, one
// record in fifty of which is of Secrets Manager or KMS, and on one of which all are
// of Secrets Manager. It runs only where it is named; --records says how many.
//
// access: made-up years of reads of secrets (audit/fakeaws, TrailYear), with
// deployments, new services, people on call and things that should not be. Each year
// is audited as its owner would, every thirty days; a finding is false if nothing
// planted explains it. Its seeds are --seed and those after it (--years); a figure is
// of others than 1 to 100, which may be in view when checks are set. It runs only where it is named.
//
// many: assay scan --repos-in on generated repositories of 1 to 50 MB of content, beside
// the largest of them alone; the same with --resume, killed at random times (--seed)
// until it is let end, whose report has to be that of a run that nobody disturbed; and
// a great many small repositories. --repositories and --small say how many. It runs
// only where it is named: the small ones share files, and all take up to 1.5 GB of disk
// while they last.
//
// accuracy: precision, recall and F1 in a labelled set of sources (--creddata)
// and recall and flagged negatives in a set of published examples (--examples),
// at the default gate, with and without the model, at every other tier, and for
// gitleaks.
//
// words: recall among passwords that people choose and false rate among harmless
// text in the same places, by kind, grammar and language, at the default gate and
// at low confidence, and for gitleaks. The files are generated from --seed, in two
// halves: rules and models are set with the tuning half in view, and the deciding
// half, which shares no list, language or file with it, says how good they are.
// "literal ones" are the twins that are texts too: labels, translations, names of
// fields and files, settings; "elsewhere" counts reported lines that are no case.
// The intervals are Wilson's for 95 %. They take cases for independent, though
// those of one place in a file differ in name and value only.
//
// trees: how many findings and places assay and gitleaks report for each 1,000
// files of large well-known source trees, each at its default gate. A finding is a
// credential, whatever the number of its places; what gitleaks reports several
// times, the same text by the same rule, is one too. The trees are in two groups:
// findings in one are read while rules and models are set, those in the other, the
// default, by nobody but those who give the verdicts of judge draw. It runs only
// where it is named: gitleaks takes a minute a tree.
//
// kit: every case of package scan/kit at full scale, each in a process of its own: what
// was planted and found, runs that look clean and are not, programs started, files
// written or left, the peak of memory and the time. It runs only where it is named, and
// fails where a case does; --case names some of them.
//
// fuzz: each fuzz target of the module, and of the one beside it that compares with
// go-git, gets the time that --time says, together with what earlier runs gave it. A log
// in the cache adds up; the table shows time, executions and inputs that brought something
// new. A worker beyond 1 GB, or one that takes a minute of CPU time for one input, is made to
// abort. Whatever breaks a target lies in testdata/fuzz beside it then, and goes into the tree
// with the mend. It runs only where it is named.
//
// soak: random repositories, with merges, octopuses, renames, removals, tags, notes, stashes,
// working trees, submodules, alternates and packs, and credentials in random forms and
// places. All has to be found and nothing else; JSON and SARIF, 1 worker and 4, and a scan
// in two steps have to agree. A repository depends on its seed alone: --seed N
// --repositories 1 makes one again. It runs only where it is named.
//
// # How to read the figures
//
// Every contender runs as a process of its own, in turn with the others, round
// after round; the medians are shown. CPU is user and system time, with that of
// child processes. A run of a slow contender stands for all its rounds (--slow).
//
// The first row is the reference. "CPU assay/it" is the CPU time of assay as a
// share of that row's: 0.50 means that assay takes half of it. "it/assay" is the
// same the other way round: 40 means 40 times as much as assay. Ratios of one
// run compare; absolute figures depend on the machine and its other work.
//
// Peak RSS counts mapped files; "anonymous" does not, and is sampled every 10 ms
// from the process itself, without its children. Both are known on Linux only.
//
// "must hold" lists the bars of history, incremental and growth beside what was
// measured. A missed bar is shown and does not make the run fail.
//
// "findings" counts credentials, "places" where they stand; gitleaks reports one
// finding for each place.
//
// Programs start with an empty home folder and an environment made here; Git
// reads no configuration but the repository's own. Modules come through the Go
// command and its proxy, npm packages through npm, and sources of Debian through
// apt-get of a Debian machine, each from where these are set up to fetch.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
