package main

import (
	"errors"
	"time"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
)

// pseudonymise puts made-up names into every report. names are those that texts may
// hold.
func (o *outputs) pseudonymise(salt []byte, names []string) error {
	if salt == nil {
		return withHint(errors.New("--pseudonymise needs a salt of your own: under the public one names could be tried"),
			"assay init writes one into .assay.toml; ASSAY_SALT is another place for it")
	}
	p, err := report.NewPseudonyms(salt, names)
	if err != nil {
		return withHint(err, "openssl rand -hex 16 makes a salt")
	}
	o.Handler = report.Pseudonymise(p, o.Handler)
	return nil
}

// pseudonymiseAudit does so for an audit, if it is asked for, with the names that the
// inventory knows.
func (a *app) pseudonymiseAudit(f *auditFlags, inv *audit.Inventory, config *config, out *outputs) error {
	if !f.output.pseudonymise {
		return nil
	}
	names, err := inv.Names()
	if err != nil {
		return err
	}
	return out.pseudonymise(config.salt(a.getenv), names)
}

// factsTime is when the facts of a report were collected.
func (a *app) factsTime() time.Time {
	if a.collected.IsZero() {
		return a.now()
	}
	return a.collected
}
