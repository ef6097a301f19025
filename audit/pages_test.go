package audit

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"pgregory.net/rapid"
)

// testCaller makes calls that never reach a network.
func testCaller() *caller {
	o := callOptions{Clock: newLeapClock()}.orDefaults()
	return newCaller(aws.Config{Region: "us-east-1"}, cell{"111122223333", "us-east-1"}, "aws", o)
}

// A page is what a listing answers for a token.
type testPage struct {
	next  string
	items int
}

// walkPages lists pages by their tokens and returns how many were fetched.
func walkPages(pages map[string]testPage) (fetched int, gap *Gap, c *caller) {
	c = testCaller()
	gap = c.pages(context.Background(), ListSecrets, "", func(_ context.Context, token *string) (*string, int, error) {
		fetched++
		p := pages[aws.ToString(token)]
		return &p.next, p.items, nil
	})
	return fetched, gap, c
}

func TestPagesStopInCircles(t *testing.T) {
	tests := map[string]struct {
		pages   map[string]testPage
		fetched int
	}{
		"A-A":       {map[string]testPage{"": {"A", 1}, "A": {"A", 1}}, 2},
		"A-B-A":     {map[string]testPage{"": {"A", 1}, "A": {"B", 1}, "B": {"A", 1}}, 3},
		"A-B-C-B":   {map[string]testPage{"": {"A", 1}, "A": {"B", 1}, "B": {"C", 1}, "C": {"B", 1}}, 4},
		"empty A-A": {map[string]testPage{"": {"A", 0}, "A": {"A", 0}}, 2},
	}
	for name, test := range tests {
		fetched, gap, c := walkPages(test.pages)
		if gap == nil || gap.Reason != Invalid || !strings.Contains(gap.Detail, "circle") {
			t.Errorf("%s: gap %+v", name, gap)
		}
		if fetched != test.fetched {
			t.Errorf("%s: %d pages fetched, want %d", name, fetched, test.fetched)
		}
		if calls := c.calls(); len(calls) != 1 || calls[0].OK != fetched {
			t.Errorf("%s: counted %+v", name, calls)
		}
	}
}

// endless answers ever new tokens.
func endless(items func(page int) int) func(context.Context, *string) (*string, int, error) {
	n := 0
	return func(context.Context, *string) (*string, int, error) {
		n++
		return aws.String(fmt.Sprint("token ", n)), items(n), nil
	}
}

func TestPagesStopAfterEmptyOnes(t *testing.T) {
	c := testCaller()
	gap := c.pages(context.Background(), ListSecrets, "", endless(func(int) int { return 0 }))
	if gap == nil || gap.Reason != Invalid || c.calls()[0].OK != maxEmptyPages {
		t.Errorf("gap %+v after %+v", gap, c.calls())
	}
}

func TestPagesStopSomewhere(t *testing.T) {
	c := testCaller()
	gap := c.pages(context.Background(), ListSecrets, "", endless(func(n int) int { return n % 2 }))
	if gap == nil || gap.Reason != Invalid || c.calls()[0].OK != maxPages {
		t.Errorf("gap %+v after %+v", gap, c.calls())
	}
}

// Whatever the items of the pages, a listing with an end is read to it.
func TestPagesReachTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.IntRange(0, 3), 1, 200).Draw(t, "items")
		pages := map[string]testPage{}
		token := ""
		for i, n := range items {
			next := fmt.Sprint("t", i)
			if i == len(items)-1 {
				next = ""
			}
			pages[token] = testPage{next, n}
			token = next
		}
		if fetched, gap, _ := walkPages(pages); gap != nil || fetched != len(items) {
			t.Fatalf("%d of %d pages, gap %+v", fetched, len(items), gap)
		}
	})
}

func TestPagesBeginAnewOnce(t *testing.T) {
	for _, code := range expiredPageCodes {
		expired := &smithy.GenericAPIError{Code: code, Message: "the token is too old"}
		for refusals, want := range []Reason{"", "", Invalid} {
			var asked []string
			refused := 0
			c := testCaller()
			gap := c.pages(context.Background(), ListGrants, "", func(_ context.Context, token *string) (*string, int, error) {
				asked = append(asked, aws.ToString(token))
				if token == nil {
					return aws.String("A"), 1, nil
				}
				if refused < refusals {
					refused++
					return nil, 0, expired
				}
				return nil, 1, nil
			})
			if got := reasonIn(gap); got != want {
				t.Errorf("%s, %d refusals: gap %+v, want %q", code, refusals, gap, want)
			}
			if len(asked) != 2+2*min(refusals, 1) {
				t.Errorf("%s, %d refusals: asked for %q", code, refusals, asked)
			}
		}
	}
}

func reasonIn(gap *Gap) Reason {
	if gap == nil {
		return ""
	}
	return gap.Reason
}

// The first page has no token that could be too old.
func TestPagesDoNotBeginAnewAtTheFirst(t *testing.T) {
	c := testCaller()
	n := 0
	gap := c.pages(context.Background(), ListGrants, "key", func(context.Context, *string) (*string, int, error) {
		n++
		return nil, 0, &smithy.GenericAPIError{Code: "InvalidMarkerException"}
	})
	if gap == nil || gap.Reason != Invalid || n != 1 || gap.Resource != "key" {
		t.Errorf("gap %+v after %d calls", gap, n)
	}
}
