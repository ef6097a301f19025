package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/fetch"
)

// clones are the repositories that a run fetches, as bare ones in a folder.
type clones struct {
	folder  string // "" where nothing is fetched
	kept    bool   // they outlive the run
	release func() // of the folder, if they do not
	flags   *manyFlags
	options fetch.Options
	hosts   []string // that get the token
}

// hostsOf lists the hosts of the URLs among places, each once.
func hostsOf(places []place) []string {
	hosts := map[string]bool{}
	for _, p := range places {
		if p.url != nil {
			hosts[p.url.Host] = true
		}
	}
	return slices.Sorted(maps.Keys(hosts))
}

// openClones makes ready to fetch from hosts, if there are any.
func (m *manyScan) openClones(f *scanFlags, hosts []string) (*clones, error) {
	c := &clones{flags: &f.many}
	if len(hosts) == 0 {
		return c, nil
	}
	if f.noHistory {
		return nil, withHint(errors.New("--no-history: what is fetched is history alone"), "leave it out, or clone the repository and name its folder")
	}
	if c.flags.maxSize < 1 || c.flags.maxSize > math.MaxInt64>>20 || c.flags.timeout <= 0 {
		return nil, withHint(errors.New("--max-clone-size and --clone-timeout are more than nothing"), "leave them out for %d MiB and an hour", defaultCloneSize)
	}
	c.options = fetch.Options{User: m.getenv("ASSAY_GIT_USER"), MaxBytes: c.flags.maxSize << 20, Memory: f.memory.bytes(), Agent: "assay-" + version, Transport: fetch.NewTransport()}
	if err := c.authorize(m.getenv, hosts); err != nil {
		return nil, err
	}
	return c, c.makeFolder(f)
}

// authorize decides which hosts get the token.
func (c *clones) authorize(getenv func(string) string, hosts []string) error {
	c.options.Token = getenv("ASSAY_GIT_TOKEN")
	for host := range strings.SplitSeq(getenv("ASSAY_GIT_HOST"), ",") {
		if host = strings.ToLower(strings.TrimSpace(host)); host != "" {
			c.hosts = append(c.hosts, host)
		}
	}
	if c.options.Token == "" || len(c.hosts) > 0 {
		return nil
	}
	if len(hosts) > 1 {
		return withHint(errors.New("the URLs are of several hosts, and one of them must not get the token of another"),
			"ASSAY_GIT_HOST says for which hosts ASSAY_GIT_TOKEN is, with commas between them")
	}
	c.hosts = hosts
	return nil
}

// makeFolder decides where the repositories lie, and makes the folder.
func (c *clones) makeFolder(f *scanFlags) (err error) {
	switch {
	case f.many.cloneTo != "":
		c.folder, c.kept = f.many.cloneTo, true
	case f.state.incremental:
		cache, err := os.UserCacheDir()
		if err != nil {
			return withHint(fmt.Errorf("there is no cache folder: %w", err), "--clone-to names a folder to keep repositories in")
		}
		c.folder, c.kept = filepath.Join(cache, "assay", "clones"), true
	case f.many.resume != "":
		c.folder = filepath.Join(f.many.resume, temporaryClones(f.shard))
		if err = c.holdEmpty(); errors.Is(err, fetch.ErrInUse) {
			return withHint(fmt.Errorf("--resume %s: %w", f.many.resume, err), "name another folder, or wait until it is done")
		}
	default:
		c.folder, c.release, err = fetch.Temporary("assay-clones-")
	}
	if err == nil {
		err = os.MkdirAll(c.folder, 0o700)
	}
	if err != nil {
		return withHint(fmt.Errorf("cannot keep what is fetched: %w", pathless(err)), "--clone-to names a folder that can be written")
	}
	return nil
}

// holdEmpty makes the folder, or empties that of a run that was killed.
func (c *clones) holdEmpty() error {
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return err
	}
	release, err := fetch.Hold(c.folder)
	if errors.Is(err, fetch.ErrInUse) {
		return err
	}
	c.release = release
	left, err := os.ReadDir(c.folder)
	for _, e := range left {
		os.RemoveAll(filepath.Join(c.folder, e.Name())) // what stays is fetched into
	}
	return err
}

// temporaryClones is the name of a folder that is removed with all that is in it: one
// that nobody gives to a folder of his own, and that no other shard has.
func temporaryClones(shard string) string {
	return strings.ReplaceAll(strings.TrimRight("assay-clones-tmp-"+shard, "-"), "/", "-of-")
}

// ready asks the server of o for its refs. What they reach is fetched when o is opened.
func (c *clones) ready(ctx context.Context, o *opened) error {
	ctx, stop := context.WithTimeoutCause(ctx, c.flags.timeout, errors.New("fetching takes longer than --clone-timeout"))
	options := c.options
	if !slices.Contains(c.hosts, o.place.url.Host) {
		options.Token = ""
	}
	remote, err := fetch.Open(ctx, o.place.url, options)
	if err != nil {
		stop()
		return err
	}
	if c.flags.resume != "" {
		o.key = remote.Listing()
	}
	o.dir = filepath.Join(c.folder, folderFor(o.place))
	o.fetch = func() error { return remote.Mirror(ctx, o.dir) }
	o.done = func() {
		stop()
		remote.Close()
		if !c.kept {
			os.RemoveAll(o.dir) // what stays goes with the folder
		}
	}
	return nil
}

// folderFor is the name of a folder for what p's URL names: one that people can read,
// and that no other URL has.
func folderFor(p place) string {
	plain := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._", c) {
			return c
		}
		return '_'
	}, p.name)
	id := sha256.Sum256([]byte(p.url.String()))
	return fmt.Sprintf("%.80s-%x.git", plain, id[:6])
}

// close removes what is not to be kept.
func (c *clones) close() {
	if c.folder != "" && !c.kept {
		os.RemoveAll(c.folder) // what stays is removed by a later run
		c.release()
	}
}
