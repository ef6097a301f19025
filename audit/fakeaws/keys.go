package fakeaws

import (
	"net/http"
	"slices"
	"strings"
)

// kmsKey finds a KMS key by id, ARN, alias name or alias ARN.
func (x *call) kmsKey(id string) (*Key, error) {
	id = cutARN(id)
	if strings.HasPrefix(id, "alias/") {
		for _, a := range x.region.Aliases {
			if a.Name == id {
				return x.keyByID(a.KeyID, id)
			}
		}
		return nil, x.noKey("Alias " + x.region.ARN("kms", id) + " is not found.")
	}
	return x.keyByID(strings.TrimPrefix(id, "key/"), x.in.KeyId)
}

func (x *call) keyByID(id, asked string) (*Key, error) {
	for _, k := range x.region.Keys {
		if k.ID == id && id != "" {
			return k, x.owns(asked)
		}
	}
	return nil, x.noKey("Key '" + asked + "' does not exist")
}

// owns refuses an ARN of another account or region, which this region cannot
// know.
func (x *call) owns(asked string) error {
	if strings.HasPrefix(asked, "arn:") && !strings.HasPrefix(asked, x.region.ARN("kms", "")) {
		return x.noKey("Key '" + asked + "' does not exist")
	}
	return nil
}

func (x *call) noKey(text string) error {
	return &apiError{http.StatusBadRequest, "NotFoundException", text}
}

// cutARN returns what follows arn:partition:service:region:account:, or the
// text itself when it is no ARN.
func cutARN(id string) string {
	if parts := strings.SplitN(id, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	return id
}

func describeKey(x *call) error {
	k, err := x.kmsKey(x.in.KeyId)
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.key("KeyMetadata")
		x.item(k.Raw, func() { x.keyMembers(k) })
	})
	return nil
}

func (x *call) keyMembers(k *Key) {
	x.text("AWSAccountId", x.Account)
	x.text("KeyId", k.ID)
	x.text("Arn", k.ARN)
	x.text("Description", k.Description)
	x.date("CreationDate", k.Created)
	x.flag("Enabled", new(k.State == "Enabled"))
	x.text("KeyState", k.State)
	x.text("KeyManager", k.Manager)
	x.text("KeyUsage", k.Usage)
	x.text("KeySpec", k.Spec)
	x.text("CustomerMasterKeySpec", k.Spec)
	x.text("Origin", k.Origin)
	x.text("CustomKeyStoreId", k.CustomKeyStoreID)
	x.date("DeletionDate", k.Deletion)
	x.date("ValidTo", k.ValidTo)
	x.flag("MultiRegion", k.MultiRegion)
	if k.Spec == "SYMMETRIC_DEFAULT" {
		x.texts("EncryptionAlgorithms", []string{"SYMMETRIC_DEFAULT"})
	}
	if k.Primary == nil {
		return
	}
	x.object("MultiRegionConfiguration", func() {
		kind := "REPLICA"
		if k.Primary.ARN == k.ARN {
			kind = "PRIMARY"
		}
		x.text("MultiRegionKeyType", kind)
		x.object("PrimaryKey", func() { x.keyPlace(*k.Primary) })
		x.list("ReplicaKeys", func() {
			for _, place := range k.Replicas {
				x.item(nil, func() { x.keyPlace(place) })
			}
		})
	})
}

func (x *call) keyPlace(place KeyPlace) {
	x.text("Arn", place.ARN)
	x.text("Region", place.Region)
}

func getKeyRotationStatus(x *call) error {
	k, err := x.kmsKey(x.in.KeyId)
	if err != nil {
		return err
	}
	if k.Rotation == nil {
		return &apiError{http.StatusBadRequest, "UnsupportedOperationException", ""}
	}
	if k.State == "PendingDeletion" || k.State == "PendingImport" {
		return &apiError{http.StatusBadRequest, "KMSInvalidStateException", k.ARN + " is " + stateText(k.State) + "."}
	}
	x.item(nil, func() {
		x.text("KeyId", k.ID)
		x.flag("KeyRotationEnabled", k.Rotation)
		x.number("RotationPeriodInDays", k.RotationPeriod)
		x.date("NextRotationDate", k.NextRotation)
		x.date("OnDemandRotationStartDate", k.OnDemandRotation)
	})
	return nil
}

// stateText is how messages spell a state.
func stateText(state string) string {
	return strings.ToLower(strings.Replace(state, "Pending", "pending ", 1))
}

func getKeyPolicy(x *call) error {
	k, err := x.kmsKey(x.in.KeyId)
	if err != nil {
		return err
	}
	if x.in.PolicyName != "" && x.in.PolicyName != "default" {
		return x.noKey("No such policy exists")
	}
	x.item(nil, func() {
		x.text("Policy", k.Policy)
		x.text("PolicyName", "default")
	})
	return nil
}

func listGrants(x *call) error {
	k, err := x.kmsKey(x.in.KeyId)
	if err != nil {
		return err
	}
	grants := k.Grants
	if x.in.GrantId != "" || x.in.GranteePrincipal != "" {
		grants = slices.DeleteFunc(slices.Clone(grants), func(g Grant) bool {
			return x.in.GrantId != "" && g.ID != x.in.GrantId || x.in.GranteePrincipal != "" && g.Grantee != x.in.GranteePrincipal
		})
	}
	return x.markedPage("Grants", 100, len(grants), func(i int) { x.grantMembers(k, grants[i]) })
}

func (x *call) grantMembers(k *Key, g Grant) {
	x.text("KeyId", k.ARN)
	x.text("GrantId", g.ID)
	x.text("Name", g.Name)
	x.date("CreationDate", g.Created)
	x.text("GranteePrincipal", g.Grantee)
	x.text("RetiringPrincipal", g.Retiring)
	x.text("IssuingAccount", g.IssuingAccount)
	x.texts("Operations", g.Operations)
	if g.EncryptionContext == nil && g.EncryptionContextEq == nil && g.SourceARN == "" {
		return
	}
	x.object("Constraints", func() {
		x.textMap("EncryptionContextSubset", g.EncryptionContext)
		x.textMap("EncryptionContextEquals", g.EncryptionContextEq)
		x.text("SourceArn", g.SourceARN)
	})
}

// textMap writes an object of texts, by name; nil leaves it out.
func (e *encoder) textMap(name string, values map[string]string) {
	if values == nil {
		return
	}
	e.object(name, func() {
		for _, key := range sortedKeys(values) {
			if e.key(key) {
				e.buf = appendString(e.buf, values[key])
			}
		}
	})
}

func listAliases(x *call) error {
	aliases := x.region.Aliases
	if x.in.KeyId != "" {
		k, err := x.kmsKey(x.in.KeyId)
		if err != nil {
			return err
		}
		aliases = slices.DeleteFunc(slices.Clone(aliases), func(a *Alias) bool { return a.KeyID != k.ID })
	}
	return x.markedPage("Aliases", 100, len(aliases), func(i int) {
		a := aliases[i]
		x.text("AliasName", a.Name)
		x.text("AliasArn", x.region.ARN("kms", a.Name))
		x.text("TargetKeyId", a.KeyID)
		x.date("CreationDate", a.Created)
		x.date("LastUpdatedDate", a.Updated)
	})
}

func listResourceTags(x *call) error {
	k, err := x.kmsKey(x.in.KeyId)
	if err != nil {
		return err
	}
	return x.markedPage("Tags", 50, len(k.Tags), func(i int) {
		x.text("TagKey", k.Tags[i].Key)
		x.text("TagValue", k.Tags[i].Value)
	})
}

// markedPage writes one page in KMS's manner: Limit, Marker, Truncated.
func (x *call) markedPage(name string, most, total int, member func(i int)) error {
	from, to, next, err := x.page(x.in.Marker, x.in.Limit, most, total)
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list(name, func() {
			for i := from; i < to; i++ {
				x.item(nil, func() { member(i) })
			}
		})
		x.flag("Truncated", new(next != ""))
		x.text("NextMarker", next)
	})
	return nil
}

// decrypt gives the marker as the plaintext of whatever it is asked for.
func decrypt(x *call) error {
	x.item(nil, func() {
		x.text("KeyId", x.in.KeyId)
		x.text("Plaintext", base64Text(x.cloud.Marker()))
		x.text("EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
	})
	return nil
}
