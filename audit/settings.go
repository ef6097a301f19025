package audit

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Settings are what a user decides: which secrets matter how much, and what is
// too old. The tags are the keys of the [audit] table of .assay.toml.
type Settings struct {
	Thresholds
	// Environments change thresholds for the secrets that they select. The first
	// one that selects a secret counts.
	Environments []Environment `toml:"environment"`
	// Replicate selects the secrets that must have a replica (SM-REP-02).
	Replicate []Selector `toml:"replicate"`
	// AllowedRegions are where replicas may be (SM-REP-03), empty for anywhere.
	AllowedRegions []string `toml:"allowed-regions"`
	// AllowedNetworks are the prefixes from which secrets may be read
	// (SM-ACC-04), "10.0.0.0/8"; empty for anywhere.
	AllowedNetworks []string `toml:"allowed-networks"`
	// Pipelines are patterns of the principals, by ARN, that may change how
	// secrets are kept (SM-ACC-06).
	Pipelines []string `toml:"pipelines"`
	// Administrators are patterns of the principals, by ARN, that may read every
	// secret (SM-IAM-01 to 03), as those for emergencies. In them * stands for any
	// characters, as in policies.
	Administrators []string `toml:"administrators"`
	// AccessTags are the keys of the tags that policies compare, so that their values
	// are kept.
	AccessTags []string `toml:"access-tags"`
	// BreakGlass are patterns of the principals, by ARN, that people take on in an
	// emergency: their reads are no anomaly (SM-ACC-03, 04, 05, SM-LIF-05).
	BreakGlass []string `toml:"break-glass"`
	// AllowedAccounts and AllowedOrganizations, by id, may read secrets (SM-POL-02,
	// SM-ACC-07).
	AllowedAccounts      []string `toml:"allowed-accounts"`
	AllowedOrganizations []string `toml:"allowed-organizations"`
	// PolicyGuards are what every resource policy must deny (SM-POL-04): "tls",
	// "organization", "network".
	PolicyGuards []string `toml:"policy-guards"`
	// RequiredTags are the keys of tags that every secret must have (SM-LIF-03),
	// alternatives parted by |: "Owner|Team".
	RequiredTags []string `toml:"required-tags"`
	// NamePattern is the regular expression that the whole name of a secret must
	// match (SM-LIF-04). Its group env is compared with the tag Environment.
	NamePattern string `toml:"name-pattern"`
	// Freezes are stretches of time in which nothing may be rotated (SM-ROT-09):
	// "2026-12-20..2027-01-05", both days included, or a day of the week, "sat".
	Freezes []string `toml:"freezes"`

	names *regexp.Regexp // NamePattern, set by Merge
}

// Thresholds are the numbers that checks compare with. Zero means the default.
type Thresholds struct {
	MaxRotationDays   int `toml:"max-rotation-days"`    // SM-ROT-02: longest interval of rotation
	MaxAgeDays        int `toml:"max-age-days"`         // SM-ROT-03: oldest value
	SevereAgeDays     int `toml:"severe-age-days"`      // SM-ROT-03: from here on it is high
	MaxPendingHours   int `toml:"max-pending-hours"`    // SM-VER-01: longest time for AWSPENDING
	MaxPreviousDays   int `toml:"max-previous-days"`    // SM-VER-03: oldest AWSPREVIOUS
	MaxVersions       int `toml:"max-versions"`         // SM-VER-04: of Secrets Manager's 100
	MaxVersionsPerDay int `toml:"max-versions-per-day"` // SM-VER-04
	MaxKeyDays        int `toml:"max-key-days"`         // SM-KMS-03: longest interval of key rotation
	MaxReplicaHours   int `toml:"max-replica-hours"`    // SM-REP-01: longest time in progress
	MinEventDays      int `toml:"min-event-days"`       // SM-ROT-08, SM-ACC-*: shortest interval that proves absence
	MinDenied         int `toml:"min-denied"`           // SM-ACC-02: failed reads by one principal in a day
	WatchDays         int `toml:"watch-days"`           // SM-ACC-03, 05: the last days, in which what is new is told
	BaselineDays      int `toml:"baseline-days"`        // SM-ACC-03, 05: fewest days before those that say what is not new
	MinSweep          int `toml:"min-sweep"`            // SM-ACC-05: secrets that one principal reads in ten minutes
	MaxReadsPerDay    int `toml:"max-reads-per-day"`    // SM-ACC-09: of one secret by one principal
	MaxUnusedDays     int `toml:"max-unused-days"`      // SM-LIF-01: longest time without being read
	MaxReaders        int `toml:"max-readers"`          // SM-IAM-02: principals that can read one secret
	MinAccessDays     int `toml:"min-access-days"`      // SM-IAM-03: shortest interval that proves a right unused
	MaxAccessKeyDays  int `toml:"max-access-key-days"`  // SM-IAM-04: oldest access key of a user
}

// DefaultThresholds are the limits of AWS's own guides and controls where they
// name one (90 days: Security Hub's SecretsManager.4 and its parameters; 365
// days: KMS's default; a read a minute, for which AWS's clients cache an hour), and
// else what leaves a day's work of slack.
var defaultThresholds = Thresholds{
	MaxRotationDays: 90, MaxAgeDays: 90, SevereAgeDays: 365, MaxPendingHours: 24, MaxPreviousDays: 180,
	MaxVersions: 90, MaxVersionsPerDay: 20, MaxKeyDays: 365, MaxReplicaHours: 1, MinEventDays: 7, MinDenied: 5,
	MaxUnusedDays: 90, WatchDays: 30, BaselineDays: 14, MinSweep: 10, MaxReadsPerDay: 1440,
	MaxReaders: 10, MinAccessDays: 60, MaxAccessKeyDays: 90,
}

// A Selector selects secrets by the pattern of a name (path.Match, where * does
// not match a slash, and a last element ** matches all that follows) or by a tag.
type Selector struct {
	Name string            `toml:"name"`
	Tags map[string]string `toml:"tags"` // pattern by key, without regard to case; all must match
}

// An Environment is a group of secrets with thresholds of its own.
type Environment struct {
	Name       string     `toml:"name"`
	Production bool       `toml:"production"`
	Select     []Selector `toml:"select"` // any
	Thresholds
}

// DefaultSettings are in force where the user says nothing.
func DefaultSettings() Settings {
	return Settings{
		Thresholds: defaultThresholds,
		Environments: []Environment{{
			Name: "production", Production: true,
			Select: append(tagged("prod*", environmentTags...), byName("prod/**", "production/**", "prod-*", "production-*")...),
		}},
		Replicate:    tagged("critical", "Criticality", "Tier"),
		RequiredTags: []string{"Environment|Env|Stage", "Owner|Team|Contact", "Application|App|Service|Project"},
		NamePattern:  defaultNamePattern,
	}
}

// environmentTags are the keys under which people say what a secret is for.
var environmentTags = []string{"Environment", "Env", "Stage"}

// defaultNamePattern is {env}/{service}/{name}, as AWS's guides name secrets.
const defaultNamePattern = `(?P<env>[a-z][a-z0-9-]*)/[A-Za-z0-9_.-]+/[A-Za-z0-9/_+=.@-]+`

func tagged(value string, keys ...string) []Selector {
	var list []Selector
	for _, k := range keys {
		list = append(list, Selector{Tags: map[string]string{k: value}})
	}
	return list
}

func byName(patterns ...string) []Selector {
	var list []Selector
	for _, p := range patterns {
		list = append(list, Selector{Name: p})
	}
	return list
}

// Merge returns s with what it leaves out taken from the defaults, or says what
// in it makes no sense.
func (s Settings) Merge() (Settings, error) {
	d := DefaultSettings()
	s.Thresholds = s.Thresholds.or(d.Thresholds)
	if s.Environments == nil {
		s.Environments = d.Environments
	}
	s.Environments = slices.Clone(s.Environments)
	for i := range s.Environments {
		s.Environments[i].Thresholds = s.Environments[i].Thresholds.or(s.Thresholds)
	}
	if s.Replicate == nil {
		s.Replicate = d.Replicate
	}
	if s.RequiredTags == nil {
		s.RequiredTags = d.RequiredTags
	}
	s.NamePattern = cmp.Or(s.NamePattern, d.NamePattern)
	var err error
	if s.names, err = regexp.Compile("^(?:" + s.NamePattern + ")$"); err != nil {
		return s, fmt.Errorf("name-pattern: %w", err)
	}
	return s, s.valid()
}

func (s Settings) valid() error {
	if err := s.Thresholds.valid(); err != nil {
		return err
	}
	for _, e := range s.Environments {
		if err := e.valid(); err != nil {
			return fmt.Errorf("environment %q: %w", e.Name, err)
		}
	}
	for _, n := range s.AllowedNetworks {
		if _, err := netip.ParsePrefix(n); err != nil {
			return fmt.Errorf("allowed-networks: %q is no prefix such as 10.0.0.0/8", n)
		}
	}
	for _, account := range s.AllowedAccounts {
		if !isAccount(account) {
			return fmt.Errorf("allowed-accounts: %q is no account of twelve digits", account)
		}
	}
	for _, id := range s.AllowedOrganizations {
		if !strings.HasPrefix(id, "o-") {
			return fmt.Errorf("allowed-organizations: %q is no id such as o-a1b2c3d4e5", id)
		}
	}
	for _, name := range s.PolicyGuards {
		if _, ok := perimeters[name]; !ok {
			return fmt.Errorf("policy-guards: %q is none of %s", name, listed(slices.Sorted(maps.Keys(perimeters))))
		}
	}
	for _, f := range s.Freezes {
		if _, err := parseFreeze(f); err != nil {
			return fmt.Errorf("freezes: %w", err)
		}
	}
	for _, sel := range s.selectors() {
		patterns := append(slices.Collect(maps.Values(sel.Tags)), strings.TrimSuffix(sel.Name, "**"))
		for _, p := range patterns {
			if _, err := path.Match(p, ""); err != nil {
				return fmt.Errorf("the pattern %q is malformed", p)
			}
		}
	}
	for key, patterns := range map[string][]string{"pipelines": s.Pipelines, "break-glass": s.BreakGlass} {
		for _, p := range patterns {
			if _, err := path.Match(p, ""); err != nil {
				return fmt.Errorf("%s: the pattern %q is malformed", key, p)
			}
		}
	}
	return nil
}

// TagKeys lists the keys of the tags whose values checks look at, sorted, each once.
func (s Settings) TagKeys() []string {
	keys := slices.Concat(environmentTags, s.AccessTags)
	for _, sel := range s.selectors() {
		keys = slices.AppendSeq(keys, maps.Keys(sel.Tags))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (s Settings) selectors() []Selector {
	list := slices.Clone(s.Replicate)
	for _, e := range s.Environments {
		list = append(list, e.Select...)
	}
	return list
}

func (e *Environment) valid() error {
	if len(e.Select) == 0 {
		return errors.New("select is missing, so that it is of no secret")
	}
	return e.Thresholds.valid()
}

// valid refuses what is less than nothing, which would be a limit that everything or
// nothing keeps.
func (t Thresholds) valid() error {
	all := reflect.ValueOf(t)
	for i := range all.NumField() {
		if n := all.Field(i).Int(); n < 0 {
			return fmt.Errorf("%s is %d: less than nothing", all.Type().Field(i).Tag.Get("toml"), n)
		}
	}
	return nil
}

func (t Thresholds) or(d Thresholds) Thresholds {
	pick := func(own *int, other int) {
		if *own == 0 {
			*own = other
		}
	}
	pick(&t.MaxRotationDays, d.MaxRotationDays)
	pick(&t.MaxAgeDays, d.MaxAgeDays)
	pick(&t.SevereAgeDays, d.SevereAgeDays)
	pick(&t.MaxPendingHours, d.MaxPendingHours)
	pick(&t.MaxPreviousDays, d.MaxPreviousDays)
	pick(&t.MaxVersions, d.MaxVersions)
	pick(&t.MaxVersionsPerDay, d.MaxVersionsPerDay)
	pick(&t.MaxKeyDays, d.MaxKeyDays)
	pick(&t.MaxReplicaHours, d.MaxReplicaHours)
	pick(&t.MinEventDays, d.MinEventDays)
	pick(&t.MinDenied, d.MinDenied)
	pick(&t.MaxUnusedDays, d.MaxUnusedDays)
	pick(&t.MaxReaders, d.MaxReaders)
	pick(&t.MinAccessDays, d.MinAccessDays)
	pick(&t.MaxAccessKeyDays, d.MaxAccessKeyDays)
	pick(&t.WatchDays, d.WatchDays)
	pick(&t.BaselineDays, d.BaselineDays)
	pick(&t.MinSweep, d.MinSweep)
	pick(&t.MaxReadsPerDay, d.MaxReadsPerDay)
	return t
}

// For returns the thresholds that hold for a secret, and whether it is one of
// production.
func (s *Settings) For(secret *Secret) (t Thresholds, production bool) {
	for _, e := range s.Environments {
		if slices.ContainsFunc(e.Select, func(sel Selector) bool { return sel.selects(secret) }) {
			return e.Thresholds, e.Production
		}
	}
	return s.Thresholds, false
}

// namePattern matches the whole name of a secret.
func (s *Settings) namePattern() *regexp.Regexp {
	if s.names == nil { // not merged
		return regexp.MustCompile("^(?:" + defaultNamePattern + ")$")
	}
	return s.names
}

// nameForm says which form names should have.
func (s *Settings) nameForm() string {
	if s.NamePattern == defaultNamePattern {
		return "{env}/{service}/{name}"
	}
	return shown(s.NamePattern)
}

// MustReplicate reports whether a secret has to have a replica.
func (s *Settings) MustReplicate(secret *Secret) bool {
	return slices.ContainsFunc(s.Replicate, func(sel Selector) bool { return sel.selects(secret) })
}

func (s Selector) selects(secret *Secret) bool {
	if s.Name == "" && len(s.Tags) == 0 {
		return false
	}
	if s.Name != "" && !matchName(s.Name, secret.Name) {
		return false
	}
	for key, pattern := range s.Tags {
		if !hasTag(secret.Tags, key, pattern) {
			return false
		}
	}
	return true
}

func hasTag(tags map[string]string, key, pattern string) bool {
	for k, v := range tags {
		if strings.EqualFold(k, key) {
			if ok, _ := path.Match(strings.ToLower(pattern), strings.ToLower(v)); ok {
				return true
			}
		}
	}
	return false
}

// matchName matches a name with slashes, where a last element ** stands for the
// rest.
func matchName(pattern, name string) bool {
	head, rest := strings.CutSuffix(pattern, "**")
	if !rest {
		ok, _ := path.Match(pattern, name)
		return ok
	}
	for i := range len(name) + 1 {
		if ok, _ := path.Match(head, name[:i]); ok {
			return true
		}
	}
	return false
}

// A freeze is a stretch of time in which nothing may be rotated.
type freeze struct {
	from, to time.Time // to is the day after the last
	weekday  time.Weekday
	weekly   bool
}

func parseFreeze(text string) (freeze, error) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(text, d.String()) || strings.EqualFold(text, d.String()[:3]) {
			return freeze{weekday: d, weekly: true}, nil
		}
	}
	first, last, ok := strings.Cut(text, "..")
	from, err1 := time.Parse(time.DateOnly, first)
	to, err2 := time.Parse(time.DateOnly, last)
	if !ok || err1 != nil || err2 != nil || to.Before(from) {
		return freeze{}, fmt.Errorf("%q is neither a day of the week nor two dates such as 2026-12-20..2027-01-05", text)
	}
	return freeze{from: from, to: to.AddDate(0, 0, 1)}, nil
}

// overlaps reports whether [start, end) touches f.
func (f freeze) overlaps(start, end time.Time) bool {
	if !f.weekly {
		return start.Before(f.to) && f.from.Before(end)
	}
	for day := start.UTC().Truncate(24 * time.Hour); day.Before(end); day = day.AddDate(0, 0, 1) {
		if day.Weekday() == f.weekday {
			return true
		}
	}
	return false
}
