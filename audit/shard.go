package audit

import (
	"errors"
	"fmt"

	"github.com/assayhq/assay/report"
)

// inShard reports whether a region belongs to a shard. An account that refuses belongs
// to one as if it had a single region.
func inShard(s report.Shard, at cell) bool { return s.Has(at.account + "/" + at.region) }

// Merge puts inventories together that asked the same of different regions: the shards
// of one collection, or several accounts. The time of all is the latest one. What of
// the shards is missing, it names in Missing. The inventories must not be used any more.
func Merge(list []*Inventory) (*Inventory, error) {
	all := list[0]
	shards := []string{all.Shard}
	for _, inv := range list[1:] {
		if err := all.sameQuestions(inv.Header); err != nil {
			return nil, err
		}
		shards = append(shards, inv.Shard)
	}
	missing, err := missingShards(shards)
	if err != nil {
		return nil, err
	}
	for _, inv := range list[1:] {
		for at, d := range inv.cells {
			if all.cells[at] != nil {
				return nil, fmt.Errorf("two of them are about the region %s of account %s", at.region, at.account)
			}
			all.cells[at] = d
		}
		all.shared.adopt(inv.shared, inv.cells)
		all.Broken, all.Interrupted = all.Broken || inv.Broken, all.Interrupted || inv.Interrupted
		if inv.Collected.After(all.Collected) {
			all.Collected = inv.Collected
		}
	}
	if len(list) > 1 || len(missing) == 0 { // else it is judged as the part that it is
		all.Missing, all.Shard = missing, ""
	}
	return all, nil
}

// missingShards returns those that are not there, none if all of them are no shards.
func missingShards(there []string) ([]string, error) {
	if there[0] == "" {
		return nil, nil
	}
	var shards []report.Shard
	for _, text := range there {
		s, err := report.ParseShard(text)
		if err != nil {
			return nil, err
		}
		shards = append(shards, s)
	}
	lacking, err := report.Missing(shards)
	var missing []string
	for _, s := range lacking {
		missing = append(missing, s.String())
	}
	return missing, err
}

// partNotice says in every format that a report is about a part. It is accepted: the run
// did what it was asked for.
func partNotice(shard string) report.Notice {
	return report.Notice{
		Subject:  "shard " + shard,
		Err:      errors.New("this report is about this part only, without what other parts know of its copies, readers and alarms; assay audit --inventory judges what --save kept of all parts"),
		Accepted: &report.Suppression{By: "--shard", Reason: "the other parts are examined elsewhere"},
	}
}
