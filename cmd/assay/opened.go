package main

import (
	"context"

	"github.com/assayhq/assay/scan"
)

// An opened is a repository of several, from when it is there to when it is done with.
type opened struct {
	scan  *manyScan
	place place
	dir   string
	key   string // tells its states apart; "" where nobody asks
	fetch func() error
	job   scanJob
	done  func()
}

// ready finds the repository, and out what state it is in where parts are kept.
func (m *manyScan) ready(ctx context.Context, p place) (*opened, error) {
	if p.err != nil {
		return nil, p.err
	}
	o := &opened{scan: m, place: p, dir: p.path, done: func() {}}
	if p.url != nil {
		return o, m.clones.ready(ctx, o)
	}
	if m.flags.many.resume == "" {
		return o, nil
	}
	repo, err := scan.OpenRepository(p.path, m.job.set)
	if err != nil {
		return nil, err
	}
	o.key = repo.Listing()
	return o, repo.Close()
}

// open opens what is examined of the repository.
func (o *opened) open() error {
	m := o.scan
	if o.fetch != nil {
		if err := o.fetch(); err != nil {
			return err
		}
	}
	o.job = scanJob{config: m.job.config, set: m.job.set}
	if m.job.hygiene != nil {
		o.job.hygiene = scan.NewHygiene(m.job.set, nil)
	}
	var err error
	if o.job.suppress, err = m.of(o.place, o.dir); err != nil {
		return err
	}
	o.job.targets = &targets{set: m.job.set, skip: m.skip, hygiene: o.job.hygiene}
	return m.openTargets(o.job.targets, o.dir, o.place.files)
}

// openTargets opens the files and the history of the repository in dir, or its files
// only.
func (m *manyScan) openTargets(t *targets, dir string, filesOnly bool) error {
	if m.flags.noHistory || filesOnly {
		files, err := t.open(m.flags, dir, ".")
		if err == nil && !m.flags.noHistory {
			files.WithNested(m.job.set, m.flags.memory.bytes())
		}
		t.list = append(t.list, target{files})
		return err
	}
	repo, err := scan.OpenRepository(dir, m.job.set)
	if err != nil {
		return err
	}
	t.closes = append(t.closes, repo.Close)
	return m.repositoryTarget(t, m.flags, dir, repo)
}

// close gives back what the repository took.
func (o *opened) close() {
	if o.job.targets != nil {
		o.job.targets.close()
	}
	o.done()
}
