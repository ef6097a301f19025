package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

var collected = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func written(t interface{ Fatal(...any) }, inv *Inventory) []byte {
	var b bytes.Buffer
	if err := inv.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Whatever is recorded, in whatever order, is read back the same, and every line
// is as the schema says.
func TestInventoryRoundTrip(t *testing.T) {
	schema := compileSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		inv := newInventory(Header{Version: "test", Collected: collected})
		for _, r := range rapid.SliceOf(recordGenerator()).Draw(t, "records") {
			at := cell{r.account, r.region}
			if err := inv.add(at, r.value); err != nil {
				t.Fatal(err)
			}
		}
		first := written(t, inv)
		for line := range bytes.Lines(first) {
			validate(t, schema, line)
		}
		again, err := ReadInventory(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("%v in\n%s", err, first)
		}
		if again.Broken {
			t.Fatal("a whole file is said to be broken off")
		}
		if second := written(t, again); !bytes.Equal(first, second) {
			t.Fatalf("written again it differs:\n%s\n%s", first, second)
		}
	})
}

// A file that was cut anywhere is read as far as its last whole record, and said
// to be broken off.
func TestBrokenInventory(t *testing.T) {
	inv := newInventory(Header{Collected: collected})
	at := cell{"111122223333", "eu-west-1"}
	for i := range 3 {
		arn := fmt.Sprintf("arn:aws:secretsmanager:eu-west-1:111122223333:secret:s%d-AbCdEf", i)
		gap := Gap{Account: at.account, Region: at.region, Operation: DescribeSecret, Resource: arn, Reason: Denied}
		if err := inv.add(at, &Secret{Account: at.account, Region: at.region, ARN: arn, Name: fmt.Sprint("s", i), Gaps: []Gap{gap}}); err != nil {
			t.Fatal(err)
		}
	}
	whole := written(t, inv)
	header := bytes.IndexByte(whole, '\n') + 1
	for n := header; n < len(whole)-1; n++ {
		cut, err := ReadInventory(bytes.NewReader(whole[:n]))
		if err != nil {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
		if !cut.Broken {
			t.Fatalf("cut after %d bytes it is not said to be broken off", n)
		}
	}
}

func TestInventoryErrors(t *testing.T) {
	header := `{"type":"inventory","schema":"assay-inventory/v1","collected":"2026-11-21T09:00:00Z"}` + "\n"
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "it is empty"},
		{"no header", `{"type":"secret"}`, "line 1: the first record is not of the type inventory"},
		{"other schema", `{"type":"inventory","schema":"assay-inventory/v9","collected":"2026-11-21T09:00:00Z"}`, "this program reads"},
		{"unknown type", header + `{"type":"secrets","account":"1","region":"r"}`, `line 2: there is no type of record "secrets"`},
		{"unknown field", header + `{"type":"secret","account":"1","region":"r","arn":"a","nmae":"x"}`, `unknown field "nmae"`},
		{"no time", `{"type":"inventory","schema":"assay-inventory/v1","version":"1"}`, "line 1: the inventory does not say when it was collected"},
		{"unknown status", header + `{"type":"region","account":"1","region":"r","partition":"aws","status":"fine"}`, `line 2: there is no status of a region "fine"`},
		{"no region", header + `{"type":"secret","account":"1","arn":"a"}`, "without account or region"},
		{"no arn", header + `{"type":"key","account":"1","region":"r"}`, "without arn"},
		{"no json", header + "{\n" + header, "line 2"},
		{"after the end", header + `{"type":"end","records":1}` + "\n" + header, "line 3: there is a record after the end"},
		{"wrong type", header + `{"type":"secret","account":"1","region":"r","arn":7}`, "line 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadInventory(strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzReadInventory(f *testing.F) {
	f.Add([]byte(`{"type":"inventory","schema":"assay-inventory/v1","collected":"2026-11-21T09:00:00Z"}` + "\n" +
		`{"type":"secret","account":"1","region":"r","arn":"arn:aws:secretsmanager:r:1:secret:x-AbCdEf","name":"x"}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, err := ReadInventory(bytes.NewReader(data))
		if err != nil {
			return
		}
		first := written(t, inv)
		again, err := ReadInventory(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, written(t, again)) {
			t.Fatal("written again it differs")
		}
	})
}

// Every field of a record is described in the schema, and no other.
func TestSchemaFields(t *testing.T) {
	var doc struct {
		Defs map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(InventorySchema, &doc); err != nil {
		t.Fatal(err)
	}
	for name, record := range map[string]any{
		"inventory": Header{}, "region": RegionRecord{}, "secret": Secret{}, "key": Key{}, "function": Function{}, "trail": Trail{},
		"activity": Activity{}, "gap": Gap{}, "end": End{}, "version": Version{}, "replica": Replica{}, "grant": Grant{},
		"rotation-rules": RotationRules{}, "event-window": EventWindow{}, "call-count": CallCount{}, "event-selector": EventSelector{},
		"advanced-selector": AdvancedSelector{}, "field-selector": FieldSelector{},
		"configuration": Configuration{}, "exposure": Exposure{},
		"identity": Identity{}, "inline-policy": InlinePolicy{}, "access-key": AccessKey{}, "policy": ManagedPolicy{},
		"organization": Organization{}, "control-level": ControlLevel{}, "control-policy": ControlPolicy{},
	} {
		described := doc.Defs[name].Properties
		fields := 0
		for f := range reflect.TypeOf(record).Fields() {
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag == "-" {
				continue
			}
			fields++
			if described[tag] == nil {
				t.Errorf("%s: the schema has no field %q", name, tag)
			}
		}
		if fields != len(described) {
			t.Errorf("%s: the schema describes %d fields, the record has %d", name, len(described), fields)
		}
	}
}

// The secrets of a large region are held compressed.
func TestInventoryMemory(t *testing.T) {
	inv := newInventory(Header{Collected: collected})
	at := cell{"111122223333", "eu-west-1"}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const secrets = 20_000
	for i := range secrets {
		name := fmt.Sprintf("team-%d/service-%d/database", i%97, i)
		versions := []Version{{ID: fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i*7919), Stages: []string{"AWSCURRENT"}, Created: &collected}}
		err := inv.add(at, &Secret{
			Account: at.account, Region: at.region, ARN: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:" + name + "-AbCdEf", Name: name,
			Created: &collected, Versions: versions, Tags: map[string]string{"Environment": "dev", "Owner": fmt.Sprint("team-", i%97)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if perSecret := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / secrets; perSecret > 250 {
		t.Errorf("a secret takes %d bytes of memory", perSecret)
	}
	runtime.KeepAlive(inv)
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(InventorySchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("inventory.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("inventory.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t interface{ Fatalf(string, ...any) }, schema *jsonschema.Schema, line []byte) {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		t.Fatalf("%v in %s", err, line)
	}
}

// placed is a record and where it belongs.
type placed struct {
	account, region string
	value           any
}

func recordGenerator() *rapid.Generator[placed] {
	return rapid.Custom(func(t *rapid.T) placed {
		p := placed{
			account: rapid.SampledFrom([]string{"111122223333", "444455556666"}).Draw(t, "account"),
			region:  rapid.SampledFrom([]string{"eu-west-1", "us-east-1"}).Draw(t, "region"),
		}
		text := rapid.SampledFrom([]string{"", "a", "b/c", "<&>", "\x1b[31m", "ü\u2028"})
		when := rapid.Custom(func(t *rapid.T) *time.Time {
			at := collected.Add(time.Duration(rapid.IntRange(-1e6, 1e6).Draw(t, "seconds")) * time.Second)
			return &at
		})
		arn := "arn:aws:secretsmanager:" + p.region + ":" + p.account + ":secret:" + rapid.StringMatching(`[ab]/?[ab]-[A-Z]{6}`).Draw(t, "arn")
		gap := Gap{Account: p.account, Region: p.region, Operation: DescribeSecret, Resource: arn, Reason: Denied, Detail: text.Draw(t, "detail")}
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			p.value = &Secret{
				Account: p.account, Region: p.region, ARN: arn, Name: text.Draw(t, "name"), Created: when.Draw(t, "created"),
				Stages: map[string][]string{"v": {"AWSCURRENT"}}, Gaps: rapid.SampledFrom([][]Gap{nil, {gap}}).Draw(t, "gaps"),
			}
		case 1:
			gap.Resource = "arn:aws:kms:::key/" + text.Draw(t, "key")
			p.value = &Key{Account: p.account, Region: p.region, ARN: gap.Resource, References: []string{gap.Resource}, State: "Enabled", Gaps: []Gap{gap}}
		case 2:
			p.value = &Function{Account: p.account, Region: p.region, ARN: "f" + text.Draw(t, "function"), Policy: text.Draw(t, "policy")}
		case 3:
			p.value = &Trail{Account: p.account, Region: p.region, ARN: "t" + text.Draw(t, "trail"), Selectors: []EventSelector{{ReadWriteType: "All"}}}
		case 4:
			p.value = &Activity{
				Account: p.account, Region: p.region, Event: "GetSecretValue", SecretID: text.Draw(t, "id"), Count: 1,
				First: *when.Draw(t, "first"), Last: *when.Draw(t, "last"),
			}
		case 5:
			p.value = gap
		case 6:
			p.value = &RegionRecord{Account: p.account, Region: p.region, Partition: "aws", Status: RegionExamined, Calls: []CallCount{{Operation: ListSecrets, OK: 1}}}
		default:
			p.region, gap.Region = globalRegion, globalRegion
			p.value = globalRecord(t, p, text, gap)
		}
		return p
	})
}

// globalRecord draws a record of what an account has but once.
func globalRecord(t *rapid.T, p placed, text *rapid.Generator[string], gap Gap) any {
	name := text.Draw(t, "name")
	gap.Resource = "arn:aws:iam::" + p.account + ":role/" + name
	gaps := rapid.SampledFrom([][]Gap{nil, {gap}}).Draw(t, "gaps")
	switch rapid.IntRange(0, 2).Draw(t, "record") {
	case 0:
		return &Identity{
			Account: p.account, Region: p.region, ARN: gap.Resource, Kind: KindRole, Name: name, Tags: map[string]string{"k": name},
			Policies: []InlinePolicy{{Name: name, Unread: text.Draw(t, "unread")}}, AccessKeys: []AccessKey{{Active: true}}, Gaps: gaps,
		}
	case 1:
		gap.Resource = "arn:aws:iam::" + p.account + ":policy/" + name
		return &ManagedPolicy{Account: p.account, Region: p.region, ARN: gap.Resource, Name: name, Document: text.Draw(t, "document"), Gaps: []Gap{gap}}
	}
	levels := []ControlLevel{{Target: name, Policies: []ControlPolicy{{Name: name}}}, {Target: "empty"}}
	return &Organization{Account: p.account, Region: p.region, ID: "o-1", Path: name, ServiceControls: levels}
}

// A file from which a record was taken is not whole.
func TestReadInventoryWithoutARecord(t *testing.T) {
	const header = `{"type":"inventory","schema":"assay-inventory/v1","collected":"2026-11-21T09:00:00Z"}` + "\n"
	for end, broken := range map[string]bool{`{"type":"end","records":1}`: false, `{"type":"end"}`: false, `{"type":"end","records":2}`: true, "": true} {
		inv, err := ReadInventory(strings.NewReader(header + end + "\n"))
		if err != nil || inv.Broken != broken {
			t.Errorf("%q: broken %v, %v", end, inv != nil && inv.Broken, err)
		}
	}
}
