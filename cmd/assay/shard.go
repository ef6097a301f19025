package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan"
)

// shardText is what --shard takes and does, for every command that has it.
const shardText = "examine only the `i/n`-th part, such as 2/5; assay report merge puts the reports of all parts together"

// sharded reads --shard and refuses what cannot be divided.
func (f *scanFlags) sharded(fs *pflag.FlagSet, paths []string) (report.Shard, error) {
	shard, err := report.ParseShard(f.shard)
	if err != nil {
		return shard, fmt.Errorf("--shard: %w", err)
	}
	if shard.Of == 0 {
		return shard, nil
	}
	for flag, why := range map[string]string{
		"staged":       "what is staged is examined in one go",
		"range":        "what a range brought is examined in one go",
		"incremental":  "what a shard has not examined would be remembered as examined",
		"state":        "what a shard has not examined would be remembered as examined",
		"pseudonymise": "each part would make up names of its own; assay report merge --pseudonymise does it for all",
	} {
		if fs.Changed(flag) {
			return shard, withHint(fmt.Errorf("--shard and --%s do not go together: %s", flag, why), "leave one of them out")
		}
	}
	if f.state.incremental || f.state.file != "" {
		return shard, withHint(errors.New("--shard and the remembering of a configuration do not go together"), "--incremental=false turns it off")
	}
	if len(paths) != 1 || paths[0] == "-" {
		return shard, withHint(errors.New("--shard divides one repository, folder or file"), "name one PATH; standard input cannot be divided")
	}
	return shard, nil
}

// shardedMany reads --shard for a list of repositories, which are divided by name.
func (f *scanFlags) shardedMany() (report.Shard, error) {
	shard, err := report.ParseShard(f.shard)
	if err != nil {
		return shard, fmt.Errorf("--shard: %w", err)
	}
	if shard.Of > 0 && f.output.pseudonymise {
		return shard, withHint(errors.New("--shard and --pseudonymise do not go together"), "assay report merge --pseudonymise does it for all")
	}
	return shard, nil
}

// decisions is what the report of a shard says for merging. The text of files goes
// into it, so that it must hold no credential.
func (j *scanJob) decisions(f *scanFlags) (*report.Decisions, error) {
	s := j.suppress
	d := &report.Decisions{
		Least: f.minConfidence, Placeholders: f.placeholders, Show: s.show, Today: s.today, Whole: s.whole,
		Ignores: s.obeyed, Refused: s.refused, Baseline: s.baseline,
	}
	if name := d.CheckMasked(j.set.Mask); name != "" {
		return nil, withHint(fmt.Errorf("%s holds what looks like a credential, and would stand in the report of a shard", name), "suppress by fingerprint: assay ignore add FINGERPRINT")
	}
	return d, nil
}

// lay takes down how a repository is packed, by which a shard divides it.
func (t *targets) lay(r *scan.Repository) error {
	if t.shard.Of == 0 {
		return nil
	}
	sum, known := r.Layout()
	if !known {
		return withHint(errors.New("a pack without an index cannot be divided"), "git index-pack PACK writes it")
	}
	t.layout.Write(sum[:]) // never fails
	return nil
}
