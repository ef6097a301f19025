package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// CloudTrail Lake takes no new customers since May 2026, and those who have a store
// go on using it. A query costs by what it reads; one is made for all accounts and
// regions of a collection.

// storeAddress takes the ARN of an event data store apart.
func storeAddress(arn string) (id, region string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "cloudtrail" || !validRegion(parts[3]) {
		return "", "", false
	}
	id, ok = strings.CutPrefix(parts[5], "eventdatastore/")
	return id, parts[3], ok && id != "" && strings.Trim(id, "0123456789abcdef-") == ""
}

// ValidEventDataStore reports whether text is the ARN of an event data store.
func ValidEventDataStore(text string) bool {
	_, _, ok := storeAddress(text)
	return ok
}

// StorePolicy returns the statement that lets an identity ask an event data store.
func StorePolicy(arn string) PolicyStatement {
	return PolicyStatement{Sid: "AssayEventDataStore", Effect: "Allow", Action: []string{string(GetQueryResults), string(StartQuery)}, Resource: arn}
}

// A lakeReader reads events from an event data store.
type lakeReader struct {
	*trailReader
	caller *caller
	file   *fileReader // takes records as if they stood in a file
}

// storePoll is how long to wait for the results of a query before asking again.
const storePoll = 2 * time.Second

// readStore asks the store that the options name.
func (t *trailShare) readStore(ctx context.Context, o *Options, by *callers) error {
	id, region, ok := storeAddress(o.EventDataStore)
	if !ok {
		return errors.New("no ARN of an event data store")
	}
	r := &lakeReader{trailReader: t.reader, caller: by.at(region), file: &fileReader{run: t.reader, texts: t.reader.texts}}
	query := fmt.Sprintf("SELECT eventJson FROM %s WHERE eventSource = '%s' AND eventTime >= '%s' AND eventTime <= '%s'",
		id, secretsSource, t.reader.from.UTC().Format(time.DateTime), t.reader.to.UTC().Format(time.DateTime))
	var queryID *string
	gap := r.caller.call(ctx, StartQuery, "", func(ctx context.Context) error {
		out, err := r.caller.trails.StartQuery(ctx, &cloudtrail.StartQueryInput{QueryStatement: &query})
		if err == nil && aws.ToString(out.QueryId) == "" {
			err = lacks("QueryId")
		}
		if err == nil {
			queryID = out.QueryId
		}
		return err
	})
	if gap == nil {
		gap = r.wait(ctx, queryID)
	}
	if gap == nil {
		gap = r.results(ctx, queryID)
	}
	r.file.flush()
	if gap != nil {
		return &gapError{gap}
	}
	return t.reader.err
}

// wait waits until the query is done.
func (r *lakeReader) wait(ctx context.Context, queryID *string) *Gap {
	for {
		var status types.QueryStatus
		gap := r.caller.call(ctx, GetQueryResults, "", func(ctx context.Context) error {
			out, err := r.caller.trails.GetQueryResults(ctx, &cloudtrail.GetQueryResultsInput{QueryId: queryID, MaxQueryResults: aws.Int32(1)})
			if err == nil {
				status = out.QueryStatus
			}
			return err
		})
		switch {
		case gap != nil:
			return gap
		case status == types.QueryStatusFinished:
			return nil
		case status != types.QueryStatusQueued && status != types.QueryStatusRunning:
			return r.caller.gap(GetQueryResults, "", Failed, fmt.Sprintf("the query ended as %q", status))
		}
		if err := r.caller.options.Clock.Sleep(ctx, storePoll); err != nil {
			return r.caller.gap(GetQueryResults, "", Stopped, interrupted)
		}
	}
}

// results takes every row.
func (r *lakeReader) results(ctx context.Context, queryID *string) *Gap {
	return r.caller.pages(ctx, GetQueryResults, "", func(ctx context.Context, token *string) (*string, int, error) {
		out, err := r.caller.trails.GetQueryResults(ctx, &cloudtrail.GetQueryResultsInput{QueryId: queryID, NextToken: token, MaxQueryResults: aws.Int32(1000)})
		if err != nil {
			return nil, 0, err
		}
		for _, row := range out.QueryResultRows {
			for _, column := range row {
				r.take(column["eventJson"])
			}
		}
		return out.NextToken, len(out.QueryResultRows), nil
	})
}

// take takes one row, and notes its time as covered: a store says nothing of days
// before its first event.
func (r *lakeReader) take(record string) {
	r.file.at, r.file.first, r.file.odd = cell{}, time.Time{}, ""
	r.file.record([]byte(record), true)
	r.counts.Records++
	if r.file.first.IsZero() && r.file.odd == "" { // the query asks for nothing else than events of Secrets Manager
		r.file.odd = "a row of the event data store is no event, or one without a time"
	}
	c := r.cover(r.file.at)
	c.odd = least(c.odd, r.file.odd)
	if c == &r.homeless || !possible(r.file.first) {
		return
	}
	for _, mark := range readMarks { // a store may leave out what reads, as a trail may
		c.reads = c.reads || strings.Contains(record, string(mark))
	}
	c.note(r.file.first)
}
