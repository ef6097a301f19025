package audit

import "time"

// The types of this file are the records of an inventory: one JSON object per
// line, described field by field in inventory.schema.json. A field that is absent
// was absent in AWS's answer, or was not asked for; a Gap says when it was asked
// for and not had. Times are UTC, RFC 3339.

// Schema changes when a field is renamed, removed or means something else.
const Schema = "assay-inventory/v1"

// A Header is the first record of an inventory.
type Header struct {
	Type    string `json:"type"` // "inventory"
	Schema  string `json:"schema"`
	Version string `json:"version"` // of the program that collected
	// Collected is when the collection began: the clock of every check.
	Collected time.Time `json:"collected"`
	// Secret is the name or ARN of the one secret that was asked for, "" for all.
	Secret string `json:"secret,omitempty"`
	// Organization says that every active account of an organization was to be asked.
	Organization bool `json:"organization,omitempty"`
	// Accounts lists the accounts that were asked for by their ids, empty for those of
	// the credentials, or of the organization.
	Accounts []string `json:"accounts,omitempty"`
	// Regions lists the regions that were asked for, empty for all.
	Regions []string `json:"regions,omitempty"`
	// Shard is the part of the regions of all accounts that was asked, as "2/5", "" for
	// all of them.
	Shard string `json:"shard,omitempty"`
	// Operations lists the operations that were to be asked, empty for all.
	Operations []Operation `json:"operations,omitempty"`
	// TagValues lists the keys of the tags whose values are kept, empty for all.
	TagValues []string `json:"tag_values,omitempty"`
	// TrailFiles counts the files that events were read from, nil if they were not.
	TrailFiles *FileCounts `json:"trail_files,omitempty"`
	// Interrupted says that the user stopped the collection before its end.
	Interrupted bool `json:"interrupted,omitempty"`
}

// A RegionStatus says what became of a region.
type RegionStatus string

// Regions whose status is RegionExamined may have gaps all the same.
const (
	RegionExamined    RegionStatus = "examined"
	RegionDisabled    RegionStatus = "disabled" // the account has not opted in to it
	RegionNotExamined RegionStatus = "not-examined"
)

// A RegionRecord says how a region of an account was asked. It is the last of
// its region: an inventory without it was broken off there.
type RegionRecord struct {
	Type      string       `json:"type"` // "region"
	Account   string       `json:"account"`
	Region    string       `json:"region"`
	Partition string       `json:"partition"` // "aws", "aws-cn", "aws-us-gov"
	Status    RegionStatus `json:"status"`
	// Calls counts the requests by operation, sorted by operation.
	Calls []CallCount `json:"calls,omitempty"`
	// Events is the interval that the activity records cover, nil if CloudTrail
	// was not asked or gave no answer.
	Events *EventWindow `json:"events,omitempty"`
}

// A CallCount counts the calls of one operation by what became of them; a call
// that was retried counts once.
type CallCount struct {
	Operation Operation `json:"operation"`
	OK        int       `json:"ok"`
	Denied    int       `json:"denied,omitempty"`
	Failed    int       `json:"failed,omitempty"` // for any other reason
	// Absent counts the calls to a service that the region does not have: its host does
	// not exist, so that there was nothing to ask about.
	Absent int `json:"absent,omitempty"`
}

// An EventWindow is a stretch of CloudTrail's event history. Absence of an event
// proves something within it only.
type EventWindow struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Events int       `json:"events"` // read, also those that were not kept
	// Cut says that there were more events before From than the budget allowed
	// to read.
	Cut bool `json:"cut,omitempty"`
	// Source is where the events came from: "" for CloudTrail's event history.
	Source EventSource `json:"source,omitempty"`
	// MissingDays counts the days in between of which there was no file.
	MissingDays int `json:"missing_days,omitempty"`
	// WritesOnly says that no file, or no row of the event data store, held any event that
	// reads: the trail or the store leaves them out.
	WritesOnly bool `json:"writes_only,omitempty"`
}

// An EventSource says where events came from.
type EventSource string

// Where events come from.
const (
	FromHistory    EventSource = ""
	FromTrailFiles EventSource = "trail-files"
	FromDataStore  EventSource = "event-data-store"
)

// A Secret is a secret of Secrets Manager as ListSecrets, DescribeSecret,
// ListSecretVersionIds and GetResourcePolicy describe it. It has no field for
// its value.
type Secret struct {
	Type    string `json:"type"` // "secret"
	Account string `json:"account"`
	Region  string `json:"region"`
	ARN     string `json:"arn"`
	Name    string `json:"name"`
	// KMSKeyID is an id, an ARN or an alias; "" means alias/aws/secretsmanager.
	KMSKeyID          string         `json:"kms_key_id,omitempty"`
	RotationEnabled   *bool          `json:"rotation_enabled,omitempty"`
	RotationLambdaARN string         `json:"rotation_lambda_arn,omitempty"`
	RotationRules     *RotationRules `json:"rotation_rules,omitempty"`
	Created           *time.Time     `json:"created,omitempty"`
	LastChanged       *time.Time     `json:"last_changed,omitempty"`
	LastRotated       *time.Time     `json:"last_rotated,omitempty"`
	NextRotation      *time.Time     `json:"next_rotation,omitempty"`
	// LastAccessed has the resolution of a day.
	LastAccessed *time.Time `json:"last_accessed,omitempty"`
	Deleted      *time.Time `json:"deleted,omitempty"` // scheduled for deletion at
	// OwningService is the AWS service that manages the secret, such as "rds".
	OwningService string `json:"owning_service,omitempty"`
	// ManagedType is set for secrets whose rotation an external partner manages.
	ManagedType string `json:"managed_type,omitempty"`
	// PartnerRole is the role under which such a secret is rotated, PartnerFields
	// how many facts about the partner's account its rotation was given.
	PartnerRole   string `json:"partner_role,omitempty"`
	PartnerFields int    `json:"partner_fields,omitempty"`
	// PrimaryRegion is where the secret was made. It differs from Region in a
	// replica, and AWS leaves it out of secrets that were never replicated.
	PrimaryRegion string `json:"primary_region,omitempty"`
	// Replicas are the copies of a primary, from DescribeSecret.
	Replicas []Replica `json:"replicas,omitempty"`
	// Stages gives the staging labels of each version that has any.
	Stages map[string][]string `json:"stages,omitempty"`
	// Versions are those of ListSecretVersionIds, deprecated ones too.
	Versions []Version `json:"versions,omitempty"`
	// Tags gives the values of the tags that the header names, of others their
	// length: "<12 characters>".
	Tags map[string]string `json:"tags,omitempty"`
	// Policy is the resource policy, masked and without Sid and Id, "" for none.
	Policy string `json:"policy,omitempty"`
	// Opinion is what AWS makes of the policy, nil if it was not asked or did not say.
	Opinion *PolicyOpinion `json:"policy_opinion,omitempty"`
	// Described says that it has a description, Searched that this, the tags and the
	// policy were searched for credentials. A tag with one in it is kept as the excerpt.
	Described bool       `json:"described,omitempty"`
	Searched  bool       `json:"searched,omitempty"`
	Exposures []Exposure `json:"exposures,omitempty"`
	// Access says who can read it, once a judge has told that.
	Access *Access `json:"-"`
	// Vanished says that nothing but gaps is known: it was gone, or its record is
	// missing from the file.
	Vanished bool `json:"-"`
	// Gaps are the facts that were asked for and not had. In the file they are
	// records of their own.
	Gaps []Gap `json:"-"`
}

// A PolicyOpinion is what ValidateResourcePolicy says of a policy.
type PolicyOpinion struct {
	// Objections is empty for a policy that passed: "access" says that it opens the
	// secret to too many, "lockout" that it keeps the auditor out, "syntax" that it is
	// not well formed.
	Objections []Objection `json:"objections,omitempty"`
}

// RotationRules say when a secret is rotated.
type RotationRules struct {
	AutomaticallyAfterDays *int64 `json:"automatically_after_days,omitempty"`
	ScheduleExpression     string `json:"schedule_expression,omitempty"` // rate(...) or cron(...)
	Duration               string `json:"duration,omitempty"`            // of the window, "3h"
}

// A Replica is what a primary says of one of its copies.
type Replica struct {
	Region        string     `json:"region"`
	KMSKeyID      string     `json:"kms_key_id,omitempty"`
	Status        string     `json:"status,omitempty"` // InSync, Failed, InProgress
	StatusMessage string     `json:"status_message,omitempty"`
	LastAccessed  *time.Time `json:"last_accessed,omitempty"`
}

// A Version is one version of a secret.
type Version struct {
	ID           string     `json:"id"`
	Stages       []string   `json:"stages,omitempty"`
	Created      *time.Time `json:"created,omitempty"`
	LastAccessed *time.Time `json:"last_accessed,omitempty"`
	KMSKeyIDs    []string   `json:"kms_key_ids,omitempty"`
}

// A Key is a key of KMS that a secret, a version or a replica of this region
// refers to.
type Key struct {
	Type    string `json:"type"` // "key"
	Account string `json:"account"`
	Region  string `json:"region"`
	// ARN is the key's own, or the reference itself where it could not be resolved.
	ARN string `json:"arn"`
	// References are the ids, ARNs and aliases by which secrets name it, sorted.
	References []string `json:"references"`
	// State is KMS's KeyState (Enabled, Disabled, PendingDeletion, ...), or
	// KeyNotFound.
	State              string     `json:"state,omitempty"`
	Manager            string     `json:"manager,omitempty"` // AWS or CUSTOMER
	Origin             string     `json:"origin,omitempty"`  // AWS_KMS, EXTERNAL, ...
	Spec               string     `json:"spec,omitempty"`    // SYMMETRIC_DEFAULT, ...
	MultiRegion        bool       `json:"multi_region,omitempty"`
	DeletionDate       *time.Time `json:"deletion_date,omitempty"`
	RotationEnabled    *bool      `json:"rotation_enabled,omitempty"`
	RotationPeriodDays *int32     `json:"rotation_period_days,omitempty"`
	NextRotation       *time.Time `json:"next_rotation,omitempty"`
	// RotationUnsupported says that keys of this kind cannot be rotated by KMS.
	RotationUnsupported bool    `json:"rotation_unsupported,omitempty"`
	Policy              string  `json:"policy,omitempty"` // masked, without Sid and Id
	Grants              []Grant `json:"grants,omitempty"`
	Gaps                []Gap   `json:"-"`
}

// KeyNotFound is the State of a key that a secret refers to and KMS does not know.
const KeyNotFound = "NotFound"

// A Grant lets a principal use a key.
type Grant struct {
	Grantee    string   `json:"grantee"`
	Operations []string `json:"operations,omitempty"`
	// Constrained says that the grant is bound to an encryption context.
	Constrained bool `json:"constrained,omitempty"`
}

// A Function is a Lambda function that rotates a secret of this region.
type Function struct {
	Type    string `json:"type"` // "function"
	Account string `json:"account"`
	Region  string `json:"region"`
	ARN     string `json:"arn"`
	// NotFound says that Lambda does not know it.
	NotFound         bool   `json:"not_found,omitempty"`
	State            string `json:"state,omitempty"` // Active, Pending, Inactive, Failed
	StateReason      string `json:"state_reason,omitempty"`
	LastUpdateStatus string `json:"last_update_status,omitempty"` // Successful, Failed, InProgress
	Runtime          string `json:"runtime,omitempty"`
	TimeoutSeconds   *int32 `json:"timeout_seconds,omitempty"`
	VPC              string `json:"vpc,omitempty"` // id, "" for a function outside any
	// Role is the ARN of the role as which it runs.
	Role string `json:"role,omitempty"`
	// VPCEndpoint says that the VPC has an endpoint for Secrets Manager; nil if
	// that was not asked.
	VPCEndpoint *bool  `json:"vpc_endpoint,omitempty"`
	Policy      string `json:"policy,omitempty"` // resource policy, masked, without Sid and Id, "" for none
	Gaps        []Gap  `json:"-"`
}

// A Trail is a trail of CloudTrail that applies to this region, also where its
// home is another one.
type Trail struct {
	Type         string `json:"type"` // "trail"
	Account      string `json:"account"`
	Region       string `json:"region"`
	ARN          string `json:"arn"`
	Name         string `json:"name"`
	HomeRegion   string `json:"home_region,omitempty"`
	MultiRegion  bool   `json:"multi_region,omitempty"`
	Organization bool   `json:"organization,omitempty"`
	Logging      *bool  `json:"logging,omitempty"`
	// DeliveryError is CloudTrail's code for why the last delivery failed.
	DeliveryError     string             `json:"delivery_error,omitempty"`
	Selectors         []EventSelector    `json:"selectors,omitempty"`
	AdvancedSelectors []AdvancedSelector `json:"advanced_selectors,omitempty"`
	Gaps              []Gap              `json:"-"`
}

// An EventSelector is a classic selector's part about management events.
type EventSelector struct {
	ReadWriteType     string   `json:"read_write_type"` // All, ReadOnly, WriteOnly
	IncludeManagement bool     `json:"include_management"`
	ExcludeSources    []string `json:"exclude_sources,omitempty"` // "kms.amazonaws.com"
}

// An AdvancedSelector selects the events that match all of its fields.
type AdvancedSelector struct {
	Fields []FieldSelector `json:"fields"`
}

// A FieldSelector is a condition on one field of an event.
type FieldSelector struct {
	Field         string   `json:"field"` // eventCategory, readOnly, eventSource, ...
	Equals        []string `json:"equals,omitempty"`
	NotEquals     []string `json:"not_equals,omitempty"`
	StartsWith    []string `json:"starts_with,omitempty"`
	NotStartsWith []string `json:"not_starts_with,omitempty"`
	EndsWith      []string `json:"ends_with,omitempty"`
	NotEndsWith   []string `json:"not_ends_with,omitempty"`
}

// An Activity is what one principal did to one secret from one place, or what
// Secrets Manager did by itself: events of CloudTrail that differ in their time
// alone.
type Activity struct {
	Type    string `json:"type"` // "activity"
	Account string `json:"account"`
	Region  string `json:"region"`
	Event   string `json:"event"` // GetSecretValue, RotationFailed, ...
	// Service says that Secrets Manager did it by itself (AwsServiceEvent).
	Service bool `json:"service,omitempty"`
	// SecretID is the secret as the event names it: name, partial or full ARN.
	SecretID string `json:"secret_id,omitempty"`
	// Principal is the ARN of the user or role, without a session's name.
	Principal     string `json:"principal,omitempty"`
	PrincipalType string `json:"principal_type,omitempty"` // IAMUser, AssumedRole, Root, AWSService, ...
	Source        string `json:"source,omitempty"`         // IP address, or the name of an AWS service
	UserAgent     string `json:"user_agent,omitempty"`     // its first product, "aws-cli"
	Console       bool   `json:"console,omitempty"`        // from a session of the console
	Error         string `json:"error,omitempty"`          // AccessDenied, ...
	Message       string `json:"message,omitempty"`        // of a failed rotation, masked
	// Note is what a call was about: "key" for an update that changed the key, "force"
	// for a deletion without recovery window, "7 days" for one with a window shorter than AWS's 30,
	// "filters" for a batch of all secrets that match.
	Note  string `json:"note,omitempty"`
	Count int    `json:"count"`
	// Days is on how many days of UTC it was done, Busiest how often on the busiest of
	// them; absent if it was on one day.
	Days    int       `json:"days,omitempty"`
	Busiest int       `json:"busiest,omitempty"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
}

// A Burst is the ten minutes of a day in which one principal asked for the values
// of the most secrets, if they were five or more.
type Burst struct {
	Type          string    `json:"type"` // "burst"
	Account       string    `json:"account"`
	Region        string    `json:"region"`
	Principal     string    `json:"principal,omitempty"`
	PrincipalType string    `json:"principal_type,omitempty"`
	Secrets       int       `json:"secrets"`           // different ones
	Names         []string  `json:"names,omitempty"`   // the first ten of them, sorted
	Sources       []string  `json:"sources,omitempty"` // of the addresses too
	Count         int       `json:"count"`             // of requests
	Failed        int       `json:"failed,omitempty"`  // of them
	First         time.Time `json:"first"`
	Last          time.Time `json:"last"`
}

// A Watch is what watches over the events of Secrets Manager in a region: of metric
// filters, alarms and rules of EventBridge those that have to do with them.
type Watch struct {
	Type    string         `json:"type"` // "watch"
	Account string         `json:"account"`
	Region  string         `json:"region"`
	Filters []MetricFilter `json:"filters,omitempty"` // sorted, as the others
	Alarms  []Alarm        `json:"alarms,omitempty"`
	Rules   []EventRule    `json:"rules,omitempty"`
}

// A MetricFilter counts the events in a group of CloudWatch Logs that match a pattern.
type MetricFilter struct {
	Name     string `json:"name"`
	LogGroup string `json:"log_group"`
	Pattern  string `json:"pattern"`
	// Metrics are what it counts into, "namespace/name".
	Metrics []string `json:"metrics,omitempty"`
}

// An Alarm of CloudWatch looks at one metric.
type Alarm struct {
	Name    string     `json:"name"`
	Metric  string     `json:"metric"`            // "namespace/name"
	State   string     `json:"state,omitempty"`   // OK, ALARM, INSUFFICIENT_DATA
	Changed *time.Time `json:"changed,omitempty"` // since when the state is that
	// Actions counts what it does in the state ALARM; 0 if its actions are switched off.
	Actions int `json:"actions,omitempty"`
}

// An EventRule of EventBridge hands events on that match a pattern.
type EventRule struct {
	Name    string `json:"name"`
	Bus     string `json:"bus,omitempty"`
	State   string `json:"state"` // ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
	Pattern string `json:"pattern"`
	// Targets counts to whom; absent if that is not known.
	Targets *int `json:"targets,omitempty"`
}

// A Reason says why a fact is missing.
type Reason string

// The reasons of gaps.
const (
	Denied      Reason = "denied"
	Throttled   Reason = "throttled"
	Expired     Reason = "expired" // the credentials ran out
	TimedOut    Reason = "timed-out"
	Invalid     Reason = "invalid" // the answer made no sense: malformed, too long, in a circle
	Unsupported Reason = "unsupported"
	Vanished    Reason = "vanished" // gone between two calls
	Failed      Reason = "failed"   // any other error
	Stopped     Reason = "stopped"  // interrupted, or the time of the run was up
	NotAsked    Reason = "not-asked"
)

// A Gap is a fact that was asked for and not had.
type Gap struct {
	Type      string    `json:"type"` // "gap"
	Account   string    `json:"account"`
	Region    string    `json:"region"`
	Operation Operation `json:"operation"`
	// Resource is the ARN that the call was about, "" for the region as a whole.
	Resource string `json:"resource,omitempty"`
	Reason   Reason `json:"reason"`
	Detail   string `json:"detail,omitempty"` // the error in one line, masked
}

// An End is the last record: a file without it was broken off.
type End struct {
	Type    string `json:"type"`    // "end"
	Records int    `json:"records"` // before this one; 0 is not checked
}
