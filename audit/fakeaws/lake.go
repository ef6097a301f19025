package fakeaws

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// EventStore is an event data store of CloudTrail Lake. What it holds are the
// events of its region.
type EventStore struct {
	ID string
	// Waits is how often a query is still running when its results are asked for.
	Waits int

	asked map[string]int
}

// lakeQuery is the one query that is understood.
var lakeQuery = regexp.MustCompile(`^SELECT eventJson FROM ([0-9a-f-]+) WHERE eventSource = 'secretsmanager\.amazonaws\.com' AND eventTime >= '([0-9: -]+)' AND eventTime <= '([0-9: -]+)'$`)

func startQuery(x *call) error {
	m := lakeQuery.FindStringSubmatch(x.in.QueryStatement)
	if m == nil {
		return &apiError{http.StatusBadRequest, "InvalidQueryStatementException", "The query that was submitted has validation errors."}
	}
	for i, s := range x.region.Stores {
		if s.ID == m[1] {
			from, _ := time.Parse(time.DateTime, m[2])
			to, _ := time.Parse(time.DateTime, m[3])
			x.item(nil, func() { x.text("QueryId", fmt.Sprintf("query-%d-%d-%d", i, from.Unix(), to.Unix())) })
			return nil
		}
	}
	return &apiError{http.StatusBadRequest, "EventDataStoreNotFoundException", "The specified event data store is not found."}
}

func getQueryResults(x *call) error {
	var store int
	var from, to int64
	if n, _ := fmt.Sscanf(x.in.QueryId, "query-%d-%d-%d", &store, &from, &to); n != 3 || store >= len(x.region.Stores) {
		return &apiError{http.StatusBadRequest, "QueryIdNotFoundException", "The query ID does not exist."}
	}
	if x.region.Stores[store].running(x.in.QueryId) {
		x.item(nil, func() { x.text("QueryStatus", "RUNNING") })
		return nil
	}
	var all []*Event
	for _, e := range x.region.Events {
		if e.Source == "secretsmanager.amazonaws.com" && e.Time.Unix() >= from && e.Time.Unix() <= to {
			all = append(all, e)
		}
	}
	start, end, next, err := x.page(x.in.NextToken, x.in.MaxQueryResults, 1000, len(all))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.text("QueryStatus", "FINISHED")
		x.object("QueryStatistics", func() {
			results := int64(end - start)
			x.number("ResultsCount", &results)
		})
		x.list("QueryResultRows", func() {
			for _, e := range all[start:end] {
				x.comma()
				x.buf = append(x.buf, `[{"eventJson":`...)
				x.buf = append(appendString(x.buf, e.Record), "}]"...)
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

// running counts down how often a query is not done. Answers are written side by
// side, and a query is asked for by one caller alone.
func (s *EventStore) running(query string) bool {
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	s.asked[query]++
	return s.asked[query] <= s.Waits
}

// ARN is that of the store.
func (s *EventStore) ARN(g *Region) string {
	return g.ARN("cloudtrail", "eventdatastore/"+strings.ToLower(s.ID))
}
