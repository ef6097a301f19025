package scan

import (
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/object"
)

// homes returns by number of the source where the repository lies that it reads:
// "" for the one that is scanned, and for a submodule's what stands before the
// paths in its history. It is nil where there is no submodule.
func homes(sources []Source) (all []string) {
	for i, s := range sources {
		if h, ok := s.(*History); ok && h.repo.at != "" {
			if all == nil {
				all = make([]string, len(sources))
			}
			all[i] = h.repo.at
		}
	}
	return all
}

func (c *collector) home(source int) string {
	if source < len(c.homes) {
		return c.homes[source]
	}
	return ""
}

// gapAt keeps what of a source was not examined. What has no path of its own is
// told by its repository.
func (c *collector) gapAt(source int, err error) {
	home := c.home(source)
	if err == nil || home == "" {
		c.gap(err)
		return
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			c.gapAt(source, e)
		}
		return
	}
	g := *asGap(err)
	if !strings.HasPrefix(g.Subject, gitPrefix) && !strings.HasPrefix(g.Subject, home) {
		g.Subject = strings.TrimSuffix(home, "/") + ": " + g.Subject
	}
	c.gap(&g)
}

// housed says in a location that has no path in which repository its object is.
func (c *collector) housed(p *place, at report.Location) report.Location {
	if at.Path == "" {
		at.Path = c.home(p.source)
	}
	return at
}

// A twin is a place that two repositories may both have.
type twin struct {
	id     object.ID
	inner  string
	region report.Region
}

// twins remembers the places of a credential in objects.
type twins map[twin]bool

// twins returns nil where there is one repository only.
func (c *collector) twins() twins {
	if c.homes == nil {
		return nil
	}
	return twins{}
}

// again reports whether the place was asked about before, as one that another
// repository has.
func (t twins) again(p *place) bool {
	if t == nil || p.id.IsZero() || p.path != "" {
		return false
	}
	key := twin{p.id, p.inner, p.region}
	again := t[key]
	t[key] = true
	return again
}
