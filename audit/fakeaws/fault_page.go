package fakeaws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// listings are the operations that answer page by page in JSON, and the
// member that holds the items of a page.
var listings = map[string]string{
	"ListSecrets":           "SecretList",
	"ListSecretVersionIds":  "Versions",
	"LookupEvents":          "Events",
	"ListAliases":           "Aliases",
	"ListGrants":            "Grants",
	"ListResourceTags":      "Tags",
	"ListRegions":           "Regions",
	"ListFunctions":         "Functions",
	"DescribeParameters":    "Parameters",
	"ListDocuments":         "DocumentIdentifiers",
	"ListTaskDefinitions":   "taskDefinitionArns",
	"ListProjects":          "projects",
	"ListStateMachines":     "stateMachines",
	"GetRestApis":           "item",
	"GetApis":               "items",
	"GetStagesV2":           "items",
	"GetJobs":               "Jobs",
	"ListRules":             "Rules",
	"DescribeMetricFilters": "metricFilters",
	"GetConnections":        "ConnectionList",
}

// byMarker reports whether a service calls the token of a page a marker.
func byMarker(service string) bool { return service == "kms" || service == "lambda" }

// pageToken returns the token by which the call asks for a later page.
func pageToken(r *Request) string {
	if byMarker(r.Service) {
		return r.in.Marker
	}
	return r.in.NextToken
}

// askPage lets the services see another token than the caller sent.
func askPage(r *Request, token string) {
	if byMarker(r.Service) {
		r.in.Marker = token
		return
	}
	r.in.NextToken = token
}

// setNext gives the page another successor.
func setNext(r *Request, page map[string]any, token string) {
	switch {
	case byMarker(r.Service):
		page["NextMarker"], page["Truncated"] = token, true
	case r.Operation == "GetRestApis":
		page["position"] = token
	case slices.Contains([]string{"apigateway", "codebuild", "ecs", "logs", "states"}, r.Service):
		page["nextToken"] = token
	default:
		page["NextToken"] = token
	}
}

// few is the size of short pages: with it small accounts have several too.
const few = 10

// shortPages makes the services answer in pages of at most so many items.
func shortPages(r *Request, few int64) {
	for _, size := range []**int64{&r.in.MaxResults, &r.in.Limit} {
		if *size == nil || **size > few {
			*size = &few
		}
	}
}

// loopPages answers every call with the first page, and leads from each of
// the tokens to the next, from the last to the first.
func loopPages(tokens ...string) func(*hit) bool {
	return func(h *hit) bool {
		next := tokens[0]
		for i, token := range tokens {
			if token == pageToken(h.r) {
				next = tokens[(i+1)%len(tokens)]
			}
		}
		askPage(h.r, "")
		return h.rewrite(func(page map[string]any) { setNext(h.r, page, next) })
	}
}

// emptyToken begins the tokens of empty pages; the page's number follows.
const emptyToken = "empty-page-"

// emptyPages puts n empty pages before a listing; 0 means that it never
// comes.
func emptyPages(n int) func(*hit) bool {
	return func(h *hit) bool {
		text, ours := strings.CutPrefix(pageToken(h.r), emptyToken)
		if !ours && pageToken(h.r) != "" {
			return false // the listing itself
		}
		page, _ := strconv.Atoi(text)
		askPage(h.r, "")
		if n > 0 && page >= n {
			return false
		}
		shortPages(h.r, 1) // whose items are taken out
		return h.rewrite(func(members map[string]any) {
			members[listings[h.r.Operation]] = []any{}
			setNext(h.r, members, fmt.Sprint(emptyToken, page+1))
		})
	}
}

// endToken refuses every page but the first.
func endToken(h *hit) bool {
	if pageToken(h.r) == "" {
		shortPages(h.r, few)
		return false
	}
	return refuse(staleToken)(h)
}

// repeatItems begins each page with the last item of the page before and
// ends it with its own first.
func repeatItems(h *hit) bool {
	shortPages(h.r, few)
	listing := strings.Join([]string{h.r.Account, h.r.Region, h.r.Operation, h.r.Resource}, " ")
	first := pageToken(h.r) == ""
	return h.rewrite(func(page map[string]any) {
		name := listings[h.r.Operation]
		items, _ := page[name].([]any)
		if len(items) == 0 {
			return
		}
		repeated := append([]any{}, items...)
		repeated = append(repeated, items[0])
		if last := h.swapLast(listing, items[len(items)-1]); !first && last != nil {
			repeated = append([]any{last}, repeated...)
		}
		page[name] = repeated
	})
}

// swapLast remembers an item and returns the one remembered before.
func (i *Injection) swapLast(listing string, item any) any {
	i.mu.Lock()
	defer i.mu.Unlock()
	last := i.items[listing]
	i.items[listing] = item
	return last
}

// hideChosen leaves the chosen third of the secrets out of a page; asked for
// again, the page has them.
func hideChosen(h *hit) bool {
	return h.rewrite(func(page map[string]any) {
		items, _ := page["SecretList"].([]any)
		kept := []any{}
		for _, item := range items {
			secret, _ := item.(map[string]any)
			if arn, _ := secret["ARN"].(string); !h.chosen(arn) {
				kept = append(kept, item)
			}
		}
		page["SecretList"] = kept
	})
}
