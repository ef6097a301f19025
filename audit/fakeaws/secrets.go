package fakeaws

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

var errNoSecret = &apiError{http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."}

// secretCount and secretAt number all secrets of a region: those laid down,
// then those of the source.
func (g *Region) secretCount() int {
	if g.Source == nil {
		return len(g.Secrets)
	}
	return len(g.Secrets) + g.Source.Len()
}

func (g *Region) secretAt(i int) *Secret {
	if i < len(g.Secrets) {
		return g.Secrets[i]
	}
	return g.Source.Secret(i - len(g.Secrets))
}

// secret finds a secret as the service does: by name, ARN, or an ARN without
// the six random characters at its end.
func (g *Region) secret(id string) (*Secret, error) {
	if id == "" {
		return nil, badParameter("secretsmanager", "You must provide a value for SecretId.")
	}
	for _, s := range g.Secrets {
		if s.Name == id || s.ARN == id || len(s.ARN) == len(id)+7 && strings.HasPrefix(s.ARN, id) && strings.HasPrefix(id, "arn:") {
			return s, nil
		}
	}
	if g.Source != nil {
		if s, ok := g.Source.Find(id); ok {
			return s, nil
		}
	}
	return nil, errNoSecret
}

func listSecrets(x *call) error {
	size, ok := pageSize(x.in.MaxResults, 100)
	if !ok {
		return badParameter(x.Service, "MaxResults must be between 1 and 100.")
	}
	at, count, err := x.secretOrder()
	if err != nil {
		return err
	}
	place, ok := x.pagePlace(x.in.NextToken)
	if !ok || place > count {
		return badToken(x.Service)
	}
	next := ""
	x.item(nil, func() {
		x.list("SecretList", func() {
			for n := 0; place < count; place++ {
				s := at(place)
				if !x.lists(s) {
					continue
				}
				if n == size {
					next = x.pageToken(place)
					return
				}
				n++
				x.item(s.Raw, func() { x.secretMembers(s, "SecretVersionsToStages") })
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

// secretOrder returns the secrets in the order asked for. Without a wish that
// is the state's own, which needs no sorting; the source's stay last always.
func (x *call) secretOrder() (at func(int) *Secret, count int, err error) {
	g := x.region
	if x.in.SortOrder == "" && x.in.SortBy == "" {
		return g.secretAt, g.secretCount(), nil
	}
	compare, ok := secretSorts[cmp.Or(x.in.SortBy, "created-date")]
	if !ok {
		return nil, 0, badParameter(x.Service, "SortBy is not valid.")
	}
	sorted := slices.Clone(g.Secrets)
	slices.SortStableFunc(sorted, compare)
	if x.in.SortOrder == "desc" {
		slices.Reverse(sorted)
	}
	at = func(i int) *Secret {
		if i < len(sorted) {
			return sorted[i]
		}
		return g.secretAt(i)
	}
	return at, g.secretCount(), nil
}

var secretSorts = map[string]func(a, b *Secret) int{
	"name":               func(a, b *Secret) int { return cmp.Compare(a.Name, b.Name) },
	"created-date":       func(a, b *Secret) int { return a.Created.Compare(b.Created) },
	"last-accessed-date": func(a, b *Secret) int { return a.LastAccessed.Compare(b.LastAccessed) },
	"last-changed-date":  func(a, b *Secret) int { return a.LastChanged.Compare(b.LastChanged) },
}

// lists reports whether ListSecrets shows the secret to this caller.
func (x *call) lists(s *Secret) bool {
	if !s.Deleted.IsZero() && !x.in.IncludePlannedDeletion {
		return false
	}
	for _, f := range x.in.Filters {
		if !f.matches(s) {
			return false
		}
	}
	return true
}

// matches applies one filter: any of its values, as prefixes; those that
// start with an exclamation mark must not match.
func (f filter) matches(s *Secret) bool {
	fields := f.fields(s)
	has := func(prefix string) bool {
		return slices.ContainsFunc(fields, func(field string) bool { return strings.HasPrefix(field, prefix) })
	}
	wanted, found := false, false
	for _, value := range f.Values {
		if not, ok := strings.CutPrefix(value, "!"); ok {
			if has(not) {
				return false
			}
			continue
		}
		wanted, found = true, found || has(value)
	}
	return found || !wanted
}

func (f filter) fields(s *Secret) []string {
	var keys, values []string
	for _, tag := range s.Tags {
		keys, values = append(keys, tag.Key), append(values, tag.Value)
	}
	switch f.Key {
	case "name":
		return []string{s.Name}
	case "description":
		return []string{s.Description}
	case "tag-key":
		return keys
	case "tag-value":
		return values
	case "primary-region":
		return []string{s.PrimaryRegion}
	case "owning-service":
		return []string{s.OwningService}
	}
	return append(append(keys, values...), s.Name, s.Description)
}

func describeSecret(x *call) error {
	s, err := x.region.secret(x.in.SecretId)
	if err != nil {
		return err
	}
	x.item(s.Raw, func() {
		x.secretMembers(s, "VersionIdsToStages")
		if s.Replication == nil {
			return
		}
		x.list("ReplicationStatus", func() {
			for _, r := range s.Replication {
				x.item(nil, func() {
					x.text("Region", r.Region)
					x.text("KmsKeyId", r.KmsKeyID)
					x.text("Status", r.Status)
					x.text("StatusMessage", r.StatusMessage)
					x.date("LastAccessedDate", r.LastAccessed)
				})
			}
		})
	})
	return nil
}

// secretMembers writes what ListSecrets and DescribeSecret both tell; they
// call the versions' stages by different names.
func (x *call) secretMembers(s *Secret, stages string) {
	x.text("ARN", s.ARN)
	x.text("Name", s.Name)
	x.text("Description", s.Description)
	x.text("KmsKeyId", s.KmsKeyID)
	x.text("Type", s.Type)
	x.flag("RotationEnabled", s.RotationEnabled)
	x.text("RotationLambdaARN", s.RotationLambdaARN)
	if rules := s.RotationRules; rules != nil {
		x.object("RotationRules", func() {
			x.number("AutomaticallyAfterDays", rules.AutomaticallyAfterDays)
			x.text("Duration", rules.Duration)
			x.text("ScheduleExpression", rules.ScheduleExpression)
		})
	}
	x.text("ExternalSecretRotationRoleArn", s.ExternalRoleARN)
	x.tags("ExternalSecretRotationMetadata", "Key", "Value", s.ExternalMetadata)
	x.date("LastRotatedDate", s.LastRotated)
	x.date("LastChangedDate", s.LastChanged)
	x.date("LastAccessedDate", s.LastAccessed)
	x.date("DeletedDate", s.Deleted)
	x.date("NextRotationDate", s.NextRotation)
	x.date("CreatedDate", s.Created)
	x.tags("Tags", "Key", "Value", s.Tags)
	x.stages(stages, s.Versions)
	x.text("OwningService", s.OwningService)
	x.text("PrimaryRegion", s.PrimaryRegion)
}

// stages writes the map of the versions that have stages.
func (x *call) stages(name string, versions []Version) {
	if versions == nil {
		return
	}
	x.object(name, func() {
		for i := range versions {
			if len(versions[i].Stages) > 0 {
				x.texts(versions[i].ID, versions[i].Stages)
			}
		}
	})
}

// tags writes a list of pairs; nil leaves it out.
func (e *encoder) tags(name, key, value string, tags []Tag) {
	if tags == nil {
		return
	}
	e.list(name, func() {
		for _, tag := range tags {
			e.item(nil, func() {
				if e.key(key) {
					e.buf = appendString(e.buf, tag.Key)
				}
				if e.key(value) {
					e.buf = appendString(e.buf, tag.Value)
				}
			})
		}
	})
}

func listSecretVersionIDs(x *call) error {
	s, err := x.region.secret(x.in.SecretId)
	if err != nil {
		return err
	}
	versions := s.Versions
	if !x.in.IncludeDeprecated {
		versions = slices.DeleteFunc(slices.Clone(versions), func(v Version) bool { return len(v.Stages) == 0 })
	}
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 100, len(versions))
	if err != nil {
		return err
	}
	x.item(s.Raw, func() {
		x.text("ARN", s.ARN)
		x.text("Name", s.Name)
		x.list("Versions", func() {
			for _, v := range versions[from:to] {
				x.item(nil, func() {
					x.text("VersionId", v.ID)
					x.texts("VersionStages", v.Stages)
					x.date("LastAccessedDate", v.LastAccessed)
					x.date("CreatedDate", v.Created)
					x.texts("KmsKeyIds", v.KmsKeyIDs)
				})
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

func getResourcePolicy(x *call) error {
	s, err := x.region.secret(x.in.SecretId)
	if err != nil {
		return err
	}
	x.item(s.Raw, func() {
		x.text("ARN", s.ARN)
		x.text("Name", s.Name)
		x.text("ResourcePolicy", s.Policy)
	})
	return nil
}

func getSecretValue(x *call) error {
	s, err := x.region.secret(x.in.SecretId)
	if err != nil {
		return err
	}
	x.item(nil, func() { x.valueMembers(s) })
	return nil
}

// valueMembers writes the value of a secret: the marker.
func (x *call) valueMembers(s *Secret) {
	x.text("ARN", s.ARN)
	x.text("Name", s.Name)
	for _, v := range s.Versions {
		if slices.Contains(v.Stages, "AWSCURRENT") {
			x.text("VersionId", v.ID)
			x.texts("VersionStages", v.Stages)
			x.date("CreatedDate", v.Created)
			break
		}
	}
	x.text("SecretString", x.cloud.Marker())
}

func batchGetSecretValue(x *call) error {
	x.item(nil, func() {
		x.list("SecretValues", func() {
			for _, id := range x.in.SecretIdList {
				if s, err := x.region.secret(id); err == nil {
					x.item(nil, func() { x.valueMembers(s) })
				}
			}
		})
		x.list("Errors", func() {
			for _, id := range x.in.SecretIdList {
				if _, err := x.region.secret(id); err != nil {
					x.item(nil, func() {
						x.text("SecretId", id)
						x.text("ErrorCode", errNoSecret.code)
						x.text("Message", errNoSecret.message)
					})
				}
			}
		})
	})
	return nil
}

func validateResourcePolicy(x *call) error {
	if x.in.ResourcePolicy == "" {
		return badParameter(x.Service, "You must provide a value for ResourcePolicy.")
	}
	validate := x.region.Validate
	if validate == nil {
		validate = plainlyPublic
	}
	found := validate(x.in.ResourcePolicy)
	x.item(nil, func() {
		x.flag("PolicyValidationPassed", new(len(found) == 0))
		x.list("ValidationErrors", func() {
			for _, o := range found {
				x.item(nil, func() {
					x.text("CheckName", o.CheckName)
					x.text("ErrorMessage", o.ErrorMessage)
				})
			}
		})
	})
	return nil
}

// plainlyPublic objects to a policy that names everyone and has no condition.
func plainlyPublic(policy string) []Objection {
	everyone := strings.Contains(policy, `"Principal":"*"`) || strings.Contains(policy, `"AWS":"*"`)
	if !everyone || strings.Contains(policy, `"Condition"`) {
		return nil
	}
	return []Objection{{"PUBLIC_ACCESS", "The policy grants public access to the secret."}}
}
