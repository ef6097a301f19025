package main

import (
	"fmt"
	"time"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
)

// maxMutelist bounds a mutelist, in bytes.
const maxMutelist = 4 << 20

// readMutelist reads a mutelist; a name of "" is none.
func readMutelist(name string) (*audit.Mutelist, error) {
	if name == "" {
		return nil, nil
	}
	data, err := readKept(name, maxMutelist)
	if err != nil {
		return nil, fmt.Errorf("mutelist %s: %w", name, err)
	}
	list, err := audit.ParseMutelist(shownName(name), data)
	if err != nil {
		return nil, withHint(err, "the README shows a mutelist; Prowler's own is read as it is")
	}
	return list, nil
}

// muted puts a mutelist in front of the reports.
func (a *app) muted(list *audit.Mutelist, j *audit.Judge, inv *audit.Inventory, prose func(string) string, next report.Handler) report.Handler {
	if list == nil {
		return next
	}
	return audit.Muting(audit.MuteOptions{
		List: list, Today: a.now().Format(time.DateOnly), Active: j.Checks, Whole: inv.Secret == "" && len(inv.Regions) == 0, Mask: prose,
	}, next)
}
