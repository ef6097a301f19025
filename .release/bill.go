package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The bill of materials is CycloneDX 1.6, as JSON.
type bill struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     billMetadata `json:"metadata"`
	Components   []billPart   `json:"components"`
	Dependencies []billEdge   `json:"dependencies"`
}

type billMetadata struct {
	Timestamp string   `json:"timestamp"`
	Component billPart `json:"component"`
}

type billPart struct {
	Type       string         `json:"type"`
	Ref        string         `json:"bom-ref"`
	Name       string         `json:"name"`
	Version    string         `json:"version"`
	Hashes     []billHash     `json:"hashes,omitempty"`
	Licences   []billLicence  `json:"licenses"`
	PURL       string         `json:"purl"`
	Properties []billProperty `json:"properties,omitempty"`
}

type billHash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// A billLicence is one identifier or an expression of several.
type billLicence struct {
	Expression string         `json:"expression,omitempty"`
	Licence    *billLicenceID `json:"license,omitempty"`
}

type billLicenceID struct {
	ID string `json:"id"`
}

type billProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type billEdge struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// bill says what is in the binary of an archive. All of it comes from the binary itself.
func (r *release) bill(b *binary, archive product, parts []component) (product, error) {
	purl := packageURL(b.info.Main.Path, "v"+r.version)
	whole := billPart{
		Type: "application", Ref: purl, Name: "assay", Version: r.version, PURL: purl, Licences: licenceOf("Apache-2.0"),
		Hashes:     []billHash{{"SHA-256", archive.sum()}},
		Properties: []billProperty{{"assay:file", archive.name}, {"assay:binary:sha256", fmt.Sprintf("%x", sha256.Sum256(b.data))}},
	}
	for _, s := range b.info.Settings {
		switch s.Key {
		case "GOOS", "GOARCH", "CGO_ENABLED", "-trimpath":
			whole.Properties = append(whole.Properties, billProperty{"go:" + s.Key, s.Value})
		}
	}
	doc := bill{
		Format: "CycloneDX", Spec: "1.6", Serial: serial(archive), Version: 1,
		Metadata: billMetadata{Timestamp: r.when.Format(time.RFC3339), Component: whole},
	}
	edge := billEdge{Ref: purl}
	for _, c := range parts {
		p := billPart{Type: "library", Name: c.path, Version: c.version, PURL: packageURL(c.path, c.version), Licences: licenceOf(c.licence)}
		p.Ref = p.PURL
		if c.sum != "" {
			p.Properties = []billProperty{{"go:sum", c.sum}}
		}
		doc.Components = append(doc.Components, p)
		doc.Dependencies = append(doc.Dependencies, billEdge{Ref: p.Ref})
		edge.DependsOn = append(edge.DependsOn, p.Ref)
	}
	doc.Dependencies = append([]billEdge{edge}, doc.Dependencies...)
	text, err := json.MarshalIndent(doc, "", "  ")
	return product{archive.name + ".cdx.json", append(text, '\n')}, err
}

func packageURL(path, version string) string { return "pkg:golang/" + path + "@" + version }

func licenceOf(expression string) []billLicence {
	if strings.Contains(expression, " ") {
		return []billLicence{{Expression: expression}}
	}
	return []billLicence{{Licence: &billLicenceID{expression}}}
}

// serial is an identifier of its own for each archive, and the same whenever it is built:
// version 8 of RFC 9562, of which the content is one's own.
func serial(archive product) string {
	id := sha256.Sum256(archive.data)
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
}
