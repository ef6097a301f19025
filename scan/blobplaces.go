package scan

import (
	"iter"
	"math"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/object"
)

// Histories hold most credentials in many versions of a file, so places in blobs
// are held in a short form: 16 bytes instead of 120.

// A blobPlace is a place in a blob that only history knows the paths of. Its
// columns are those of the sight: an edit that moves a line leaves them.
type blobPlace struct {
	*sight
	blob uint32 // index in collector.blobs
	line uint32
}

// A blobAt is a blob of a source.
type blobAt struct {
	id     object.ID
	source int
}

// A breadth is what is known of a place but its first line.
type breadth struct {
	known      bool
	lines      uint32 // after the first
	start, end uint32 // columns
}

// shorten adds a place to its group in the short form. It reports false where that
// does not tell all of the place.
func (c *collector) shorten(p *place) bool {
	at := &p.region
	if at.EndLine > math.MaxUint32 || max(at.StartColumn, at.EndColumn) > math.MaxUint32 {
		return false
	}
	b := breadth{true, uint32(at.EndLine - at.StartLine), uint32(at.StartColumn), uint32(at.EndColumn)}
	if !p.sight.breadth.known {
		p.sight.breadth = b
	}
	if !p.onlyBlob() || p.inner != "" || p.lineHash != "" || p.sight.breadth != b {
		return false
	}
	blob := blobAt{p.id, p.source}
	if n := len(c.blobs); n == 0 || c.blobs[n-1] != blob {
		c.blobs = append(c.blobs, blob)
	}
	p.group.inBlobs = append(p.group.inBlobs, blobPlace{p.sight, uint32(len(c.blobs) - 1), uint32(at.StartLine)})
	return true
}

// all yields the places of a group, those in blobs last. A place is valid until
// the next one.
func (c *collector) all(g *group) iter.Seq[*place] {
	return func(yield func(*place) bool) {
		for i := range g.places {
			if !yield(&g.places[i]) {
				return
			}
		}
		var p place
		for _, b := range g.inBlobs {
			at := c.blobs[b.blob]
			p = place{sight: b.sight, id: at.id, kind: object.Blob, source: at.source, region: report.Region{
				StartLine: int(b.line), StartColumn: int(b.breadth.start),
				EndLine: int(b.line + b.breadth.lines), EndColumn: int(b.breadth.end),
			}}
			if !yield(&p) {
				return
			}
		}
	}
}

// held returns how many places a group has.
func (g *group) held() int { return len(g.places) + len(g.inBlobs) }
