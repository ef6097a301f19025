package audit

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// A parameter is one of the Parameter Store's as DescribeParameters tells of it.
type parameter struct {
	Name, Type, KeyID, Description string
}

// A parameterPage is a page of DescribeParameters.
type parameterPage struct {
	Parameters []parameter
	NextToken  string
}

// collectParameters searches the parameters of Systems Manager. The values of those
// that are not encrypted are read, which is the only place where this program reads
// a value.
func (r *regionRun) collectParameters(ctx context.Context) {
	if !r.asks(DescribeParameters) {
		return
	}
	found := map[string]*configReader{}
	plain := map[string]bool{}
	l := listing{wireSSM, DescribeParameters, map[string]any{"MaxResults": 50}, "NextToken"}
	r.saveGap(listJSON(ctx, r, l, func(page *parameterPage) (string, int, error) {
		if page.Parameters == nil {
			return "", 0, lacks("Parameters")
		}
		for _, p := range page.Parameters {
			if p.Name == "" || p.Type == "" {
				return "", 0, lacks("Name")
			}
			found[p.Name], plain[p.Name] = r.parameter(p), slices.Contains(plainTypes, p.Type)
		}
		return page.NextToken, len(page.Parameters), nil
	}))
	if r.asks(GetParameters) {
		maps.DeleteFunc(plain, func(_ string, is bool) bool { return !is })
		r.inBatches(plain, 10, func(names []string) {
			gap, values := r.parameterValues(ctx, names)
			for _, name := range names {
				found[name].parameterValue(name, values, gap)
			}
		})
	}
	saveAll(found)
}

// secureString is the type of a parameter that is encrypted, whose value is never
// asked for.
const secureString = "SecureString"

// plainTypes are the types of those that are not encrypted, the only ones whose values
// are asked for: a type that AWS adds may be of another kind.
var plainTypes = []string{"String", "StringList"}

func (r *regionRun) parameter(p parameter) *configReader {
	arn := r.arn("ssm", "parameter/"+strings.TrimPrefix(p.Name, "/"))
	read := r.configuration(kindParameter, arn, p.Name)
	read.record.ValueType, read.record.KMSKeyID = r.texts.clean(p.Type), r.texts.clean(p.KeyID)
	read.text("description", p.Description)
	if p.Type != secureString && !slices.Contains(plainTypes, p.Type) && r.asks(GetParameters) {
		read.missing(r.c.gap(GetParameters, read.arn, Unsupported, "the parameter is of a type that is not known, and its value was not read"))
	}
	return read
}

// parameterValue searches the value of a parameter, which is among those that were
// asked for together.
func (c *configReader) parameterValue(name string, values map[string]string, gap *Gap) {
	value, ok := values[name]
	switch {
	case gap != nil:
		one := *gap
		c.missing(&one)
	case ok:
		c.search("value", name, value)
	default:
		c.missing(c.run.c.gap(GetParameters, c.arn, Vanished, "the parameter was listed and has no value"))
	}
}

// parameterValues asks for the values of at most ten parameters that are not
// encrypted. One that has become so meanwhile, or something else, is left out.
func (r *regionRun) parameterValues(ctx context.Context, names []string) (gap *Gap, values map[string]string) {
	gap = r.ask(ctx, r.c, GetParameters, "", func(ctx context.Context) error {
		var out struct {
			Parameters []struct{ Name, Type, Value string }
		}
		in := map[string]any{"Names": names, "WithDecryption": false}
		if err := r.c.askJSON(ctx, wireSSM, GetParameters, in, &out); err != nil {
			return err
		}
		if out.Parameters == nil {
			return lacks("Parameters")
		}
		values = map[string]string{}
		for _, p := range out.Parameters {
			if slices.Contains(plainTypes, p.Type) {
				values[p.Name] = p.Value
			}
		}
		return nil
	})
	return gap, values
}

// A documentPage is a page of ListDocuments.
type documentPage struct {
	DocumentIdentifiers []struct{ Name string }
	NextToken           string
}

// collectDocuments searches the account's own documents of Systems Manager, in
// their default version.
func (r *regionRun) collectDocuments(ctx context.Context) {
	if !r.asks(ListDocuments) {
		return
	}
	names := map[string]bool{}
	own := []map[string]any{{"Key": "Owner", "Values": []string{"Self"}}}
	l := listing{wireSSM, ListDocuments, map[string]any{"MaxResults": 50, "Filters": own}, "NextToken"}
	r.saveGap(listJSON(ctx, r, l, func(page *documentPage) (string, int, error) {
		if page.DocumentIdentifiers == nil {
			return "", 0, lacks("DocumentIdentifiers")
		}
		for _, d := range page.DocumentIdentifiers {
			if d.Name == "" {
				return "", 0, lacks("Name")
			}
			names[d.Name] = true
		}
		return page.NextToken, len(page.DocumentIdentifiers), nil
	}))
	r.inBatches(names, 1, func(one []string) { r.document(ctx, one[0]) })
}

func (r *regionRun) document(ctx context.Context, name string) {
	read := r.configuration(kindDocument, r.arn("ssm", "document/"+name), name)
	if r.asks(GetDocument) {
		read.missing(r.ask(ctx, r.c, GetDocument, read.arn, func(ctx context.Context) error {
			var out struct{ Content *string }
			if err := r.c.askJSON(ctx, wireSSM, GetDocument, map[string]any{"Name": name}, &out); err != nil {
				return err
			}
			if out.Content == nil {
				return lacks("Content")
			}
			read.text("content", *out.Content)
			return nil
		}))
	}
	read.save()
}
