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
	// Regions lists the regions that were asked for, empty for all.
	Regions []string `json:"regions,omitempty"`
	// Operations lists the operations that were to be asked, empty for all.
	Operations []Operation `json:"operations,omitempty"`
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
}

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
	Versions []Version         `json:"versions,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	// Policy is the resource policy, masked, "" for none.
	Policy string `json:"policy,omitempty"`
	// Vanished says that nothing but gaps is known: it was gone, or its record is
	// missing from the file.
	Vanished bool `json:"-"`
	// Gaps are the facts that were asked for and not had. In the file they are
	// records of their own.
	Gaps []Gap `json:"-"`
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
	Policy              string  `json:"policy,omitempty"` // masked
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
	// VPCEndpoint says that the VPC has an endpoint for Secrets Manager; nil if
	// that was not asked.
	VPCEndpoint *bool  `json:"vpc_endpoint,omitempty"`
	Policy      string `json:"policy,omitempty"` // resource policy, masked, "" for none
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
	// Note is what a change of a secret was about: "force" for a deletion without
	// recovery window, "key" for an update that changed the key.
	Note  string    `json:"note,omitempty"`
	Count int       `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
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
