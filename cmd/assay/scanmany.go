package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan"
)

// A manyScan examines repositories one after the other. What it finds goes to a spool,
// so that memory is that of the largest and not of the sum.
type manyScan struct {
	*app
	flags    *scanFlags
	job      *scanJob
	own      *suppressions // that do not come from a repository
	run      report.Run
	salt     []byte
	options  scan.Options
	skip     map[string]bool // files that this run writes
	spool    *report.Spool
	clones   *clones
	total    report.Summary
	progress scan.Progress
	inUse    uint64 // bytes of the heap after the last collection of garbage
}

// scanMany runs the command over several repositories.
func (a *app) scanMany(ctx context.Context, fs *pflag.FlagSet, f *scanFlags, paths []string) error {
	if err := f.togetherMany(fs); err != nil {
		return err
	}
	job, err := a.prepareRules(fs, f, ".")
	if err != nil {
		return err
	}
	if job.shard, err = f.shardedMany(); err != nil {
		return err
	}
	places, err := a.places(f, paths, job.set.Mask)
	if err != nil {
		return err
	}
	if len(places) == 0 {
		return withHint(errors.New("no repository was found, so nothing would be examined"), "--repos-in looks for clones and bare repositories below a folder")
	}
	hosts := hostsOf(places) // of all shards: one must not think that there is one host
	if job.shard.Of > 0 {
		job.divided = listed(places) // of which one may have none
		places = slices.DeleteFunc(places, func(p place) bool { return !job.shard.Has(p.name) })
	}
	out, err := a.openOutputs(&f.output, everything, f.minConfidence, &f.gate, job.shard)
	if err != nil {
		return err
	}
	defer out.close()
	if err := refuseASFF(out); err != nil {
		return err
	}
	m := &manyScan{app: a, flags: f, job: job, salt: job.config.salt(a.getenv)}
	if f.output.pseudonymise {
		if err := out.pseudonymise(m.salt, nil); err != nil {
			return err
		}
	}
	if err := m.open(fs, out, places, hosts, paths); err != nil {
		return err
	}
	defer m.spool.Close()
	defer m.clones.close()
	if err := m.all(ctx, places); err != nil {
		return err
	}
	if err := m.write(ctx, out.Handler); err != nil {
		return err
	}
	a.exit = f.gate.exitCode(out.gate)
	return nil
}

// listed tells lists of repositories apart.
func listed(places []place) string {
	var names []string
	for _, p := range places {
		names = append(names, p.name)
	}
	slices.Sort(names)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", names))
	return hex.EncodeToString(sum[:16])
}

// everything hands all on: parts were filtered before they were kept, so that what is
// left out is counted for each repository, as the shards of a scan do.
func everything(_ report.Confidence, next report.Handler) report.Handler { return next }

// togetherMany refuses what is about one repository.
func (f *scanFlags) togetherMany(fs *pflag.FlagSet) error {
	if err := onePart(fs); err != nil {
		return err
	}
	for _, flag := range []string{"staged", "range", "state", "config-from"} {
		if o := fs.Lookup(flag); o != nil && o.Changed {
			return withHint(fmt.Errorf("--%s is about one repository", flag), "--incremental keeps a state for each; leave --%s out", flag)
		}
	}
	return nil
}

// open makes ready what all repositories share.
func (m *manyScan) open(fs *pflag.FlagSet, out *outputs, places []place, hosts, paths []string) error {
	f := m.flags
	var local []string
	for _, p := range places {
		if p.path != "" {
			local = append(local, p.path)
		}
	}
	err := f.many.outside(places)
	if err != nil {
		return err
	}
	if m.own, err = m.sharedSuppressions(f, local); err != nil {
		return err
	}
	lineHashes := out.wants("sarif") || m.job.shard.Of > 0
	m.options = f.options(m.salt, lineHashes, &m.progress)
	m.run = m.describe(paths)
	skip := &targets{skip: map[string]bool{}}
	skip.ignore(out.temporary())
	m.skip = skip.skip
	if m.clones, err = m.openClones(f, hosts); err != nil {
		return err
	}
	if m.spool, err = report.NewSpool(f.many.resume, m.identity(fs, lineHashes), m.run); err != nil {
		m.clones.close()
	}
	return err
}

// describe is the run. Its rules do not depend on which repositories have
// suppressions.
func (m *manyScan) describe(paths []string) report.Run {
	f := &m.flags.many
	names := slices.Concat(paths, f.folders, f.lists)
	for _, u := range f.urls {
		p, _ := away(u) // it was parsed before
		names = append(names, p.name)
	}
	m.job.targets = &targets{name: strings.Join(names, " ")}
	return m.job.describe(report.IgnoreRules()...)
}

// identity tells apart runs whose parts are not the same.
func (m *manyScan) identity(fs *pflag.FlagSet, lineHashes bool) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q %q %t %q %x\n", version, revision(), m.salt, lineHashes, m.own.today, m.job.set.Digest())
	report.NewJSONL(sum).Begin(m.run) // a hash takes everything
	fs.VisitAll(func(flag *pflag.Flag) {
		if !slices.Contains(besides, flag.Name) {
			fmt.Fprintf(sum, "%s=%q\n", flag.Name, flag.Value)
		}
	})
	for _, name := range []string{m.flags.suppress.ignoreFile, m.flags.suppress.baseline} {
		data, _ := readKept(name, maxBaseline) // it was read before
		fmt.Fprintf(sum, "%d ", len(data))
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// besides are flags that make no difference to what is found.
var besides = []string{
	"repos", "repos-in", "clone", "clone-to", "resume", "clone-timeout", "workers", "quiet", "incremental",
	"format", "report", "color", "fail-on", "exit-code", "exit-zero", "allow-incomplete", "sarif-history", "sarif-category", "pseudonymise",
}

// all examines the repositories. An error ends the run: no part could be kept.
func (m *manyScan) all(ctx context.Context, places []place) error {
	for i, p := range places {
		if ctx.Err() != nil {
			m.total.Interrupted = true
			return nil
		}
		began := time.Now()
		sum, outcome, err := m.one(ctx, p)
		if err != nil {
			return withHint(err, "the report was not written; --resume names a folder to keep parts in, TMPDIR one for temporary files")
		}
		m.total = m.total.Plus(sum)
		m.total.Repositories = nil // the spool has them
		m.collectGarbage()
		m.tell("[%d/%d] %s: %s, %.1f s", i+1, len(places), report.Inert(p.name), outcome, time.Since(began).Seconds())
	}
	return nil
}

// idleHeap is how many bytes of garbage may be left between two repositories.
const idleHeap = 4 << 20

// collectGarbage has what a repository took gone before the next one is opened. The
// collector by itself waits until there is several times as much; and what lies in a
// sync.Pool outlives its first round, for the next one to count as in use. What is
// still there after both is in use: the list of repositories above all.
func (m *manyScan) collectGarbage() {
	for range 2 {
		if heapInUse() <= m.inUse+idleHeap {
			return
		}
		runtime.GC()
	}
	m.inUse = heapInUse()
}

func heapInUse() uint64 {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	return heap[0].Value.Uint64()
}

// tell writes a line about progress.
func (m *manyScan) tell(format string, args ...any) {
	if !m.flags.output.quiet {
		fmt.Fprintf(m.stderr, "assay: "+format+"\n", args...)
	}
}

// one examines a repository, or takes over what an earlier run found there.
func (m *manyScan) one(ctx context.Context, p place) (sum report.Summary, outcome string, err error) {
	at, err := m.ready(ctx, p)
	if err != nil {
		return m.unopened(ctx, p, err)
	}
	defer at.close()
	if at.key != "" {
		sum, ok, err := m.spool.Reuse(p.name, at.key)
		if ok || err != nil {
			return sum, "finished by an earlier run", err
		}
	}
	if err := at.open(); err != nil {
		return m.unopened(ctx, p, err)
	}
	part := m.spool.Part(p.name, at.key)
	if err := m.examine(ctx, at, part); err != nil {
		return sum, "", err
	}
	sum = part.Summary()
	return sum, report.OutcomeOf(sum), nil
}

// unopened says why a repository could not be examined: it may be that the run was
// interrupted.
func (m *manyScan) unopened(ctx context.Context, p place, err error) (report.Summary, string, error) {
	err = m.plain(err)
	return report.Summary{NotExamined: 1, Interrupted: ctx.Err() != nil}, "not opened: " + err.Error(), m.spool.Unopened(p.name, err)
}

// maxWhy bounds why a repository could not be opened, in bytes: a server may say 64 KiB.
const maxWhy = 300

// plain is an error as a report may have it: on one line and without a credential. A
// server may quote the token that it was sent, of which nothing may show what it is.
func (m *manyScan) plain(err error) error {
	text := m.job.set.Mask(m.clones.options.Hide(report.Inert(pathless(err).Error())))
	return errors.New(strings.ToValidUTF8(text[:min(len(text), maxWhy)], ""))
}

// examine examines an open repository.
func (m *manyScan) examine(ctx context.Context, at *opened, part *report.SpoolPart) error {
	to := at.job.handler(m.flags.filter()(m.flags.minConfidence, part))
	if err := to.Begin(m.run); err != nil {
		return err
	}
	var total report.Summary
	var errs []error
	for _, t := range at.job.targets.list {
		summary, err := scan.Run(ctx, t, m.job.set, to, m.options)
		total = total.Plus(summary)
		errs = append(errs, err)
	}
	m.tellStates(at.job.targets.states)
	return errors.Join(append(errs, to.End(total))...)
}

// write writes the report of all parts.
func (m *manyScan) write(ctx context.Context, to report.Handler) error {
	more := report.Summary{RulesActive: m.job.set.Len(), Interrupted: m.total.Interrupted}
	if n := m.job.config.refused; n > 0 {
		more.Refused = map[string]int{report.RefusedSettings: n}
	}
	empty := examinedSomething(m.total)
	if empty != nil { // no report may look clean either
		err := m.spool.Unopened(m.run.Target, empty)
		if err != nil {
			return err
		}
	}
	if err := m.spool.Tell(to, more); err != nil {
		return withHint(fmt.Errorf("the report could not be written: %w", err), "what was found is not complete in any report")
	}
	if ctx.Err() == nil && !m.total.Interrupted {
		m.spool.Forget()
	}
	if empty != nil {
		return withHint(empty, "check the repositories and --exclude")
	}
	return nil
}

// sharedSuppressions reads those that are not of a repository: a baseline and a file
// that flags name.
func (a *app) sharedSuppressions(f *scanFlags, local []string) (*suppressions, error) {
	if err := f.fromOutside(local); err != nil {
		return nil, err
	}
	s := &suppressions{today: a.now().Format(time.DateOnly), show: f.suppress.show, least: f.minConfidence}
	if name := f.suppress.ignoreFile; name != "" {
		file, err := readIgnores(name)
		if err != nil {
			return nil, err
		}
		s.obeyed = append(s.obeyed, file)
	}
	if name := f.suppress.baseline; name != "" {
		data, _ := readKept(name, maxBaseline) // the error is that of readBaseline
		if report.KnownFormatOf(data) != report.KnownNone {
			return nil, withHint(fmt.Errorf("--baseline %s: another program wrote it, about one repository", name), "assay migrate makes one of ours")
		}
		var err error
		if s.baseline, err = readBaseline(name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// of returns the suppressions that count in a repository: the shared ones, whose paths
// begin with its name, and where its files are examined its own.
func (m *manyScan) of(p place, dir string) (*suppressions, error) {
	s := *m.own
	s.obeyed = nil
	for _, file := range m.own.obeyed {
		own := *file
		own.Below = p.name + "/"
		s.obeyed = append(s.obeyed, &own)
	}
	tree, _, err := treeIgnores(m.flags, dir)
	switch {
	case err != nil:
		return nil, err
	case tree != nil && m.flags.suppress.noTree:
		s.refused = append(s.refused, tree)
	case tree != nil:
		s.obeyed = append(s.obeyed, tree)
	}
	return &s, s.addForeign(m.flags, dir, m.job, m.salt)
}
