package fakeaws

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// input holds the parameters of all JSON operations together; each reads its
// own. form is those of the query services.
type input struct {
	SecretId, KeyId, TrailName, Name string

	MaxResults *int64 // page size of everything but KMS
	Limit      *int64 // page size of KMS
	NextToken  string
	Marker     string // page token of KMS

	IncludePlannedDeletion, IncludeDeprecated bool
	SortOrder, SortBy                         string
	Filters                                   []filter
	SecretIdList                              []string

	PolicyName, GrantId, GranteePrincipal string

	LookupAttributes    []lookupAttribute
	StartTime, EndTime  epoch
	EventCategory       string
	TrailNameList       []string
	IncludeShadowTrails *bool

	Names          []string // of parameters, of projects
	WithDecryption bool
	ResourcePolicy string
	TaskDefinition string
	// StateMachineARN is that of Step Functions, HidePassword that of Glue.
	StateMachineARN string
	HidePassword    bool
	Rule            string // of EventBridge

	QueryStatement, QueryId string // of CloudTrail Lake
	MaxQueryResults         *int64
	Sort                    string

	ChildId, TargetId, PolicyId, Filter string // of Organizations

	RegionOptStatusContains []string
	AccountId               string

	form url.Values
}

type filter struct {
	Key    string
	Values []string
}

type lookupAttribute struct{ AttributeKey, AttributeValue string }

// epoch is a time as JSON services write it: seconds since 1970, with a
// fraction.
type epoch struct{ time.Time }

// UnmarshalJSON reads a number of seconds.
func (e *epoch) UnmarshalJSON(data []byte) error {
	var seconds json.Number
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	whole, fraction, _ := strings.Cut(seconds.String(), ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
		nanos, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
		e.Time = time.Unix(n, nanos).UTC()
		return nil
	}
	f, err := seconds.Float64()
	if err != nil {
		return err
	}
	e.Time = time.UnixMilli(int64(f * 1000)).UTC()
	return nil
}
