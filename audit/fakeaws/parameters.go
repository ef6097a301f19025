package fakeaws

import (
	"net/http"
	"slices"
)

// parameterARN is that of a parameter of the region.
func (g *Region) parameterARN(name string) string {
	if name != "" && name[0] == '/' {
		name = name[1:]
	}
	return g.ARN("ssm", "parameter/"+name)
}

func describeParameters(x *call) error {
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 50, len(x.region.Parameters))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("Parameters", func() {
			for _, p := range x.region.Parameters[from:to] {
				x.item(nil, func() {
					x.text("Name", p.Name)
					x.text("ARN", x.region.parameterARN(p.Name))
					x.text("Type", p.Type)
					x.text("KeyId", p.KeyID)
					x.text("Description", p.Description)
					x.text("Tier", "Standard")
					x.number("Version", new(int64(1)))
				})
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

// getParameters answers for at most ten names. A value that is encrypted is told
// as ciphertext, or where decryption is asked for as the marker.
func getParameters(x *call) error {
	if len(x.in.Names) == 0 || len(x.in.Names) > 10 {
		return badParameter(x.Service, "Member must have length less than or equal to 10")
	}
	invalid := []string{}
	x.item(nil, func() {
		x.list("Parameters", func() {
			for _, name := range x.in.Names {
				i := slices.IndexFunc(x.region.Parameters, func(p *Parameter) bool { return p.Name == name })
				if i < 0 {
					invalid = append(invalid, name)
					continue
				}
				x.parameterValue(x.region.Parameters[i])
			}
		})
		x.texts("InvalidParameters", invalid)
	})
	return nil
}

func (x *call) parameterValue(p *Parameter) {
	value := p.Value
	if p.Type == "SecureString" {
		value = "AQICAHj" + x.cloud.derive64("ciphertext "+p.Name, 40)
		if x.in.WithDecryption {
			value = x.cloud.Marker()
		}
	}
	x.item(nil, func() {
		x.text("Name", p.Name)
		x.text("Type", p.Type)
		x.text("Value", value)
		x.text("ARN", x.region.parameterARN(p.Name))
	})
}

func listDocuments(x *call) error {
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 50, len(x.region.Documents))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("DocumentIdentifiers", func() {
			for _, d := range x.region.Documents[from:to] {
				x.item(nil, func() {
					x.text("Name", d.Name)
					x.text("Owner", x.Account)
					x.text("DocumentType", "Command")
				})
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

func getDocument(x *call) error {
	for _, d := range x.region.Documents {
		if d.Name == x.in.Name {
			x.item(nil, func() {
				x.text("Name", d.Name)
				x.text("Content", d.Content)
				x.text("DocumentFormat", "YAML")
			})
			return nil
		}
	}
	return &apiError{http.StatusBadRequest, "InvalidDocument", "Document with name " + x.in.Name + " does not exist."}
}
