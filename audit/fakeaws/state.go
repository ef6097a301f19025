package fakeaws

import "time"

// Region is what an account has in one region. All of it is plain state that
// a test fills in; what is left empty is left out of answers.
type Region struct {
	Name   string
	Status string // EnabledByDefault, Enabled, Enabling, Disabled, Disabling

	Secrets      []*Secret
	Source       Source // more secrets, listed after Secrets; nil: none
	Keys         []*Key
	Aliases      []*Alias
	Functions    []*Function
	Trails       []*Trail // whose home this region is; multi-region ones are shown elsewhere too
	Events       []*Event // in any order; LookupEvents sorts by time
	VPCEndpoints []*VPCEndpoint
	Parameters   []*Parameter
	Documents    []*Document
	Tasks        []*TaskDefinition
	Projects     []*Project
	Instances    []*Instance
	Templates    []*LaunchTemplate
	Stacks       []*Stack
	Machines     []*StateMachine
	RESTAPIs     []*API
	HTTPAPIs     []*API // and WebSocket APIs
	Jobs         []*Job
	Connections  []*Connection

	MetricFilters []*MetricFilter
	Alarms        []*Alarm
	Rules         []*EventRule
	Buckets       []*Bucket
	Stores        []*EventStore

	// Validate says what ValidateResourcePolicy has against a policy; nil for a rule
	// that sees no more than a principal that is everyone.
	Validate func(policy string) []Objection

	// NoHub says that Security Hub is off.
	NoHub bool
	// Topics are the ARNs of topics, Buses the names of event buses beside "default".
	Topics, Buses []string

	account *Account
}

// Objection is one of ValidateResourcePolicy's.
type Objection struct{ CheckName, ErrorMessage string }

// on reports whether the region answers.
func (g *Region) on() bool { return g.Status == EnabledByDefault || g.Status == Enabled }

// ARN returns the name of something in this region.
func (g *Region) ARN(service, resource string) string {
	return g.account.ARN(service, g.Name, resource)
}

// Source makes secrets when they are asked for, so that very many take no
// memory. It must be safe for concurrent use.
type Source interface {
	Len() int
	Secret(i int) *Secret           // 0 <= i < Len
	Find(id string) (*Secret, bool) // by name or ARN
}

// Secret is what Secrets Manager knows of a secret. ListSecrets,
// DescribeSecret, ListSecretVersionIds and GetResourcePolicy all answer from
// it.
type Secret struct {
	ARN, Name, Description string
	KmsKeyID               string // empty: aws/secretsmanager
	Type, OwningService    string
	PrimaryRegion          string
	Tags                   []Tag

	RotationEnabled   *bool
	RotationLambdaARN string
	RotationRules     *RotationRules
	ExternalRoleARN   string // ExternalSecretRotationRoleArn
	ExternalMetadata  []Tag  // ExternalSecretRotationMetadata

	Created, LastChanged, LastRotated, NextRotation, LastAccessed time.Time
	Deleted                                                       time.Time // planned deletion, when not zero

	Versions    []Version
	Replication []Replica
	Policy      string // resource policy, as text; empty: none

	// Raw gives members of the answers about this secret as raw JSON, by
	// their name on the wire (RotationRules, Tags, CreatedDate, ...). It
	// replaces the field; empty JSON leaves the member out.
	Raw map[string]string
}

// Tag is a key and a value.
type Tag struct{ Key, Value string }

// RotationRules say when a secret is rotated.
type RotationRules struct {
	AutomaticallyAfterDays *int64
	Duration               string // such as 3h
	ScheduleExpression     string // rate() or cron()
}

// Version is one version of a secret's value.
type Version struct {
	ID           string
	Stages       []string // none: deprecated
	Created      time.Time
	LastAccessed time.Time
	KmsKeyIDs    []string
}

// Replica is what a primary secret knows of its copy in another region.
type Replica struct {
	Region, KmsKeyID      string
	Status, StatusMessage string // InSync, InProgress, Failed
	LastAccessed          time.Time
}

// Key is a KMS key.
type Key struct {
	ID, ARN, Description string
	Manager              string // CUSTOMER, AWS
	State                string // Enabled, Disabled, PendingDeletion, PendingImport, Unavailable, ...
	Spec, Usage, Origin  string
	CustomKeyStoreID     string
	Created, Deletion    time.Time
	ValidTo              time.Time
	MultiRegion          *bool
	Primary              *KeyPlace  // of a multi-region key
	Replicas             []KeyPlace // of a multi-region key

	Rotation         *bool // nil: GetKeyRotationStatus says UnsupportedOperationException
	RotationPeriod   *int64
	NextRotation     time.Time
	OnDemandRotation time.Time

	Policy string
	Grants []Grant
	Tags   []Tag
	Raw    map[string]string // of KeyMetadata, as in Secret
}

// KeyPlace is one of the keys that a multi-region key consists of.
type KeyPlace struct{ ARN, Region string }

// Grant lets a principal use a key.
type Grant struct {
	ID, Name            string
	Grantee, Retiring   string // principals
	IssuingAccount      string
	Operations          []string
	Created             time.Time
	EncryptionContext   map[string]string // EncryptionContextSubset
	EncryptionContextEq map[string]string // EncryptionContextEquals
	SourceARN           string
}

// Alias is a name of a KMS key.
type Alias struct {
	Name    string // alias/...
	KeyID   string // of the target; empty: none, as for keys that AWS has not made yet
	Created time.Time
	Updated time.Time
}

// Function is a Lambda function.
type Function struct {
	Name, ARN, Runtime, Role, Handler, Description string
	State, StateReason, StateReasonCode            string // Active, Inactive, Pending, Failed
	LastUpdateStatus, LastUpdateStatusReason       string // Successful, Failed, InProgress
	Timeout, MemorySize                            *int64
	LastModified                                   time.Time
	KMSKeyARN                                      string
	PackageType                                    string
	Environment                                    map[string]string
	VPC                                            *FunctionVPC
	Policy                                         string // resource policy, as text; empty: none
	Raw                                            map[string]string
}

// FunctionVPC is where a function stands in a VPC.
type FunctionVPC struct {
	ID                      string
	Subnets, SecurityGroups []string
}

// Trail is a CloudTrail trail.
type Trail struct {
	Name, ARN, Bucket, KmsKeyID string
	LogGroupARN                 string
	MultiRegion, Organization   *bool
	GlobalServices              *bool
	Validation                  *bool // LogFileValidationEnabled

	Logging           *bool
	Started, Stopped  time.Time
	LatestDelivery    time.Time
	DeliveryError     string
	EventSelectors    []EventSelector         // classic
	AdvancedSelectors []AdvancedEventSelector // instead of the classic ones
	Raw               map[string]string       // of DescribeTrails, as in Secret
}

// EventSelector is a classic one.
type EventSelector struct {
	ReadWriteType           string // All, ReadOnly, WriteOnly
	IncludeManagementEvents *bool
	ExcludeSources          []string // ExcludeManagementEventSources
	DataResources           []DataResource
}

// DataResource says which data events are kept.
type DataResource struct {
	Type   string
	Values []string
}

// AdvancedEventSelector keeps events that all its fields let through.
type AdvancedEventSelector struct {
	Name   string
	Fields []FieldSelector
}

// FieldSelector is one condition on an event's field.
type FieldSelector struct {
	Field                                        string
	Equals, NotEquals, StartsWith, NotStartsWith []string
	EndsWith, NotEndsWith                        []string
}

// Event is one line of CloudTrail's event history.
type Event struct {
	ID, Name, Source, Username, AccessKeyID string
	ReadOnly                                string // "true", "false"
	Time                                    time.Time
	Resources                               []EventResource
	Record                                  string // CloudTrailEvent: the whole event as JSON
}

// EventResource is what an event touched.
type EventResource struct{ Type, Name string }

// VPCEndpoint is an EC2 interface or gateway endpoint.
type VPCEndpoint struct {
	ID, VPC, Type string // Type: Interface, Gateway
	Service       string // com.amazonaws.REGION.secretsmanager
	State         string // available, pending, ...
	PrivateDNS    bool
	Subnets       []string
	Groups        []string // security groups
	Policy        string
	Created       time.Time
	Tags          []Tag
}
