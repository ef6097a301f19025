package audit

import (
	"context"
	"crypto/sha256"
	"fmt"
)

const (
	// maxEmptyPages is how many pages without an item in a row are believed.
	// Services that filter after they page, as CloudTrail does, may send hundreds.
	maxEmptyPages = 1000
	// maxPages bounds a listing. Secrets Manager's quota of 500,000 secrets makes
	// 5,000 pages; services may send pages a tenth as long.
	maxPages = 50_000
)

// pages asks a listing page by page. fetch gets the token of the page, nil for
// the first, and says the token of the next one, nil or "" at the end, and how
// many items there were. Whatever ends the listing before its end is a Gap, with
// what was fetched until then still good: an error, a token that was seen before,
// too many empty pages, or too many pages.
//
// A token that the service no longer takes begins the listing anew, once; fetch
// then gets nil again and must drop what it has already seen.
func (c *caller) pages(ctx context.Context, op Operation, resource string, fetch func(ctx context.Context, token *string) (next *string, items int, err error)) *Gap {
	var token *string
	var walk pageWalk
	for {
		var next *string
		var items int
		var expired bool
		gap := c.call(ctx, op, resource, func(ctx context.Context) (err error) {
			next, items, err = fetch(ctx, token)
			expired = hasCode(err, expiredPageCodes...)
			return err
		})
		if gap != nil && expired {
			if token != nil && !walk.restarted {
				token, walk = nil, pageWalk{restarted: true}
				continue
			}
			gap.Reason = Invalid
		}
		if gap != nil || next == nil || *next == "" {
			return gap
		}
		if wrong := walk.turn(*next, items); wrong != "" {
			return c.gap(op, resource, Invalid, wrong)
		}
		token = next
	}
}

// expiredPageCodes are how services say that they no longer know a page's token.
var expiredPageCodes = []string{
	"InvalidNextTokenException", "InvalidNextToken", "ExpiredNextTokenException", "ExpiredNextToken",
	"InvalidPaginationToken", "InvalidPaginationTokenException", "ExpiredPaginationTokenException", "InvalidMarkerException",
}

// A pageWalk tells a listing that gets somewhere from one that does not.
type pageWalk struct {
	seen      map[[sha256.Size]byte]bool // tokens, which may be kilobytes long
	pages     int
	empty     int // pages in a row
	restarted bool
}

// turn takes note of a page and returns what is wrong with going on, "" if
// nothing is.
func (w *pageWalk) turn(next string, items int) string {
	w.pages++
	w.empty++
	if items > 0 {
		w.empty = 0
	}
	id := sha256.Sum256([]byte(next))
	switch {
	case w.seen[id]:
		return fmt.Sprintf("the listing goes in a circle: page %d points back to one that was read", w.pages)
	case w.empty >= maxEmptyPages:
		return fmt.Sprintf("%d pages in a row were empty and more were announced", w.empty)
	case w.pages >= maxPages:
		return fmt.Sprintf("more than %d pages", maxPages)
	}
	if w.seen == nil {
		w.seen = map[[sha256.Size]byte]bool{}
	}
	w.seen[id] = true
	return ""
}
