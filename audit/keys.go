package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithytime "github.com/aws/smithy-go/time"
)

// A keyMetadata is what DescribeKey says of a key.
type keyMetadata struct {
	ARN                                   *string
	KeyState, KeyManager, Origin, KeySpec string
	MultiRegion                           bool
	DeletionDate                          *epoch
}

// A keyRotation is the answer to GetKeyRotationStatus.
type keyRotation struct {
	KeyID                *string
	KeyRotationEnabled   bool
	RotationPeriodInDays *int32
	NextRotationDate     *epoch
}

// A keyGrant is an entry of ListGrants.
type keyGrant struct {
	GranteePrincipal, GranteeServicePrincipal string
	Operations                                []string
	Constraints                               struct{ EncryptionContextEquals, EncryptionContextSubset map[string]string }
}

// An epoch is a time as KMS sends it: seconds since 1970, with a fraction.
type epoch time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (e *epoch) UnmarshalJSON(text []byte) error {
	var seconds float64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return err
	}
	*e = epoch(smithytime.ParseEpochSeconds(seconds))
	return nil
}

// collectKeys asks about the keys that the region's secrets and their versions
// name. One key may have several names, so the names are resolved first, and the
// rest is asked once for each key. Keys of replicas belong to the replicas'
// regions, whose own secrets name them.
func (r *regionRun) collectKeys(ctx context.Context) {
	references, _ := r.mentions.list()
	if !r.asks(DescribeKey) {
		return
	}
	var mu sync.Mutex
	keys := map[string]*Key{} // by ARN
	each(r.workers(), references, func(reference string) {
		k := r.resolveKey(ctx, reference)
		mu.Lock()
		defer mu.Unlock()
		keys[k.ARN] = sameKey(keys[k.ARN], k)
	})
	each(r.workers(), slices.Sorted(maps.Keys(keys)), func(arn string) {
		k := keys[arn]
		r.completeKey(ctx, k)
		for i := range k.Gaps {
			k.Gaps[i].Resource = k.ARN
		}
		r.save(r.c.cell, k)
	})
}

// sameKey joins what was learned of one key by two of its names, whichever came
// first. What one of the answers tells is known, though the other was refused.
func sameKey(a, b *Key) *Key {
	if a == nil {
		return b
	}
	if a.State == "" && b.State != "" {
		a, b = b, a
	}
	a.References = append(a.References, b.References...)
	slices.Sort(a.References)
	if a.State == "" {
		a.Gaps = append(a.Gaps, b.Gaps...)
	}
	return a
}

// resolveKey asks what key it is that a secret names. One that cannot be resolved
// stands for itself.
func (r *regionRun) resolveKey(ctx context.Context, reference string) *Key {
	k := &Key{Type: "key", Account: r.c.cell.account, Region: r.c.region, ARN: reference, References: []string{reference}}
	read := answer{texts: r.texts}
	gap := r.ask(ctx, r.c, DescribeKey, reference, func(ctx context.Context) error {
		var out struct{ KeyMetadata *keyMetadata }
		err := r.c.askJSON(ctx, wireKMS, DescribeKey, map[string]any{"KeyId": r.mentions.raw(reference)}, &out)
		if notFound(err) {
			k.State = KeyNotFound
			return nil
		}
		if err != nil {
			return err
		}
		if out.KeyMetadata == nil || aws.ToString(out.KeyMetadata.ARN) == "" {
			return lacks("Arn")
		}
		read.key(k, out.KeyMetadata)
		return nil
	})
	k.Gaps = addGap(addGap(k.Gaps, gap), read.gap(r.c, DescribeKey, reference))
	return k
}

func (a *answer) key(k *Key, m *keyMetadata) {
	k.ARN = a.of(m.ARN)
	k.State, k.Manager, k.Origin = a.clean(m.KeyState), a.clean(m.KeyManager), a.clean(m.Origin)
	k.Spec = a.clean(m.KeySpec)
	k.MultiRegion = m.MultiRegion
	k.DeletionDate = a.moment((*time.Time)(m.DeletionDate))
}

// completeKey asks what only the owner of a key can decide. Keys that AWS manages
// have nothing of it.
func (r *regionRun) completeKey(ctx context.Context, k *Key) {
	if k.State == KeyNotFound || k.ARN == "" || k.Manager != "CUSTOMER" {
		return
	}
	for _, ask := range []func(context.Context, string, *Key) *Gap{r.askRotation, r.askKeyPolicy, r.askGrants} {
		k.Gaps = addGap(k.Gaps, ask(ctx, r.mentions.raw(k.ARN), k))
	}
}

func (r *regionRun) askRotation(ctx context.Context, arn string, k *Key) *Gap {
	if !r.asks(GetKeyRotationStatus) {
		return nil
	}
	read := answer{texts: r.texts}
	gap := r.ask(ctx, r.c, GetKeyRotationStatus, arn, func(ctx context.Context) error {
		out := &keyRotation{}
		err := r.c.askJSON(ctx, wireKMS, GetKeyRotationStatus, map[string]any{"KeyId": arn}, out)
		if hasCode(err, "UnsupportedOperationException") {
			k.RotationUnsupported = true
			return nil
		}
		if hasCode(err, "KMSInvalidStateException") {
			return nil // it is to be deleted, which its state says
		}
		if err != nil {
			return err
		}
		if out.KeyID == nil {
			return lacks("KeyId")
		}
		k.RotationEnabled, k.RotationPeriodDays = &out.KeyRotationEnabled, out.RotationPeriodInDays
		k.NextRotation = read.moment((*time.Time)(out.NextRotationDate))
		return nil
	})
	return cmp.Or(gap, read.gap(r.c, GetKeyRotationStatus, arn))
}

func (r *regionRun) askKeyPolicy(ctx context.Context, arn string, k *Key) *Gap {
	if !r.asks(GetKeyPolicy) {
		return nil
	}
	read := answer{texts: r.texts}
	gap := r.ask(ctx, r.c, GetKeyPolicy, arn, func(ctx context.Context) error {
		// "default" is the only name that a key's policy can have.
		var out struct{ Policy *string }
		if err := r.c.askJSON(ctx, wireKMS, GetKeyPolicy, map[string]any{"KeyId": arn, "PolicyName": "default"}, &out); err != nil {
			return err
		}
		if out.Policy == nil {
			return lacks("Policy")
		}
		k.Policy, _ = read.document(out.Policy)
		return nil
	})
	return cmp.Or(gap, read.gap(r.c, GetKeyPolicy, arn))
}

// askGrants lists the grants of a key. Those that say the same are one: services
// make thousands.
func (r *regionRun) askGrants(ctx context.Context, arn string, k *Key) *Gap {
	if !r.asks(ListGrants) {
		return nil
	}
	grants := map[string]Grant{}
	gap := r.askPages(ctx, r.c, ListGrants, arn, func(ctx context.Context, token *string) (*string, int, error) {
		in := map[string]any{"KeyId": arn, "Limit": 100}
		if token != nil {
			in["Marker"] = *token
		}
		var out struct {
			Grants     []keyGrant
			Truncated  bool
			NextMarker *string
		}
		if err := r.c.askJSON(ctx, wireKMS, ListGrants, in, &out); err != nil {
			return nil, 0, err
		}
		if out.Grants == nil {
			return nil, 0, lacks("Grants")
		}
		for i := range out.Grants {
			id, g := r.readGrant(&out.Grants[i])
			grants[id] = g
		}
		if !out.Truncated {
			out.NextMarker = nil
		}
		return out.NextMarker, len(out.Grants), nil
	})
	for _, id := range slices.Sorted(maps.Keys(grants)) {
		k.Grants = append(k.Grants, grants[id])
	}
	return gap
}

// readGrant returns a grant and a text that is the same for grants that say the
// same.
func (r *regionRun) readGrant(e *keyGrant) (id string, g Grant) {
	g.Grantee = r.texts.clean(cmp.Or(e.GranteePrincipal, e.GranteeServicePrincipal))
	for _, op := range e.Operations {
		g.Operations = append(g.Operations, r.texts.clean(op))
	}
	slices.Sort(g.Operations)
	id = g.Grantee + "\x00" + strings.Join(g.Operations, "\x00")
	if c := e.Constraints; len(c.EncryptionContextEquals)+len(c.EncryptionContextSubset) > 0 {
		g.Constrained = true
		id += "\x00constrained"
	}
	return id, g
}
