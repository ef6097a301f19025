package audit

import (
	"cmp"
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// An api is one of API Gateway's: the two generations differ in the case of names
// alone.
type api struct {
	ID    string
	APIID string `json:"apiId"` // of an HTTP or WebSocket API
	Name  string
}

// A restPage is a page of GetRestApis, with "item" as the name of a list.
type restPage struct {
	Item     []api
	Position string
}

// An httpPage is a page of GetApis.
type httpPage struct {
	Items     []api
	NextToken string
}

// collectRESTAPIs searches the stages of the REST APIs of API Gateway.
func (r *regionRun) collectRESTAPIs(ctx context.Context) {
	if !r.asks(GetRESTAPIs) {
		return
	}
	found := apiList{}
	r.saveGap(r.askPages(ctx, r.c, GetRESTAPIs, "", func(ctx context.Context, token *string) (*string, int, error) {
		query := url.Values{"limit": {"500"}}
		if token != nil {
			query.Set("position", *token)
		}
		page := &restPage{}
		if err := r.c.askREST(ctx, wireRESTAPIs, "restapis", query, page); err != nil {
			return nil, 0, err
		}
		return aws.String(page.Position), len(page.Item), found.add("item", page.Item)
	}))
	r.inBatches(found.ids(), 1, func(one []string) { r.restStages(ctx, found[one[0]]) })
}

// collectHTTPAPIs searches the stages of the HTTP and WebSocket APIs.
func (r *regionRun) collectHTTPAPIs(ctx context.Context) {
	if !r.asks(GetHTTPAPIs) {
		return
	}
	found := apiList{}
	r.saveGap(r.askPages(ctx, r.c, GetHTTPAPIs, "", func(ctx context.Context, token *string) (*string, int, error) {
		page := &httpPage{}
		if err := r.c.askREST(ctx, wireHTTPAPIs, "v2/apis", nextPage(token), page); err != nil {
			return nil, 0, err
		}
		return aws.String(page.NextToken), len(page.Items), found.add("items", page.Items)
	}))
	r.inBatches(found.ids(), 1, func(one []string) { r.httpStages(ctx, found[one[0]]) })
}

// nextPage asks the second generation for a page.
func nextPage(token *string) url.Values {
	query := url.Values{"maxResults": {"100"}}
	if token != nil {
		query.Set("nextToken", *token)
	}
	return query
}

// An apiList holds APIs by id.
type apiList map[string]api

// add takes a page, whose list has a name for messages.
func (l apiList) add(name string, page []api) error {
	if page == nil {
		return lacks(name)
	}
	for _, a := range page {
		if a.ID = cmp.Or(a.ID, a.APIID); a.ID == "" {
			return lacks("id")
		}
		l[a.ID] = a
	}
	return nil
}

func (l apiList) ids() map[string]bool {
	ids := make(map[string]bool, len(l))
	for id := range l {
		ids[id] = true
	}
	return ids
}

// A stage is what people write into one, of either generation.
type stage struct {
	StageName, Description string
	Variables              map[string]string
	StageVariables         map[string]string // as the second generation calls them
	CanarySettings         struct{ StageVariableOverrides map[string]string }
}

// restStages asks for the stages of an API, which come at once.
func (r *regionRun) restStages(ctx context.Context, a api) {
	if !r.asks(GetRESTStages) {
		return
	}
	read := r.stagesOf(kindRESTStage, "restapis", a)
	read.save(r.ask(ctx, r.c, GetRESTStages, read.arn, func(ctx context.Context) error {
		var out struct{ Item []stage }
		if err := r.c.askREST(ctx, wireRESTAPIs, read.path, nil, &out); err != nil {
			return unlessNotFound(err) // deleted since
		}
		return read.add("item", out.Item)
	}))
}

func (r *regionRun) httpStages(ctx context.Context, a api) {
	if !r.asks(GetHTTPStages) {
		return
	}
	read := r.stagesOf(kindHTTPStage, "apis", a)
	read.save(r.askPages(ctx, r.c, GetHTTPStages, read.arn, func(ctx context.Context, token *string) (*string, int, error) {
		var page struct {
			Items     []stage
			NextToken string
		}
		if err := r.c.askREST(ctx, wireHTTPAPIs, "v2/"+read.path, nextPage(token), &page); err != nil {
			return nil, 0, unlessNotFound(err)
		}
		return &page.NextToken, len(page.Items), read.add("items", page.Items)
	}))
}

// A stageReader searches the stages of one API.
type stageReader struct {
	run       *regionRun
	kind      string
	path, arn string // of the list
	name      string // of the API
	found     map[string]*configReader
}

func (r *regionRun) stagesOf(kind, collection string, a api) *stageReader {
	path := collection + "/" + url.PathEscape(a.ID) + "/stages"
	return &stageReader{run: r, kind: kind, path: path, arn: r.apiARN(path), name: cmp.Or(a.Name, a.ID), found: map[string]*configReader{}}
}

// add searches a page of stages, in a list of that name.
func (s *stageReader) add(list string, page []stage) error {
	if page == nil {
		return lacks(list)
	}
	for _, one := range page {
		if one.StageName == "" {
			return lacks("stageName")
		}
		read := s.run.configuration(s.kind, s.arn+"/"+one.StageName, s.name+"/"+one.StageName)
		read.text("description", one.Description)
		read.values("variables", one.Variables)
		read.values("variables", one.StageVariables)
		read.values("canary", one.CanarySettings.StageVariableOverrides)
		s.found[one.StageName] = read
	}
	return nil
}

// save hands on the stages, and if there may be more of them a record that says so.
func (s *stageReader) save(gap *Gap) {
	if gap != nil {
		rest := s.run.configuration(s.kind, s.arn, s.name)
		rest.missing(gap)
		rest.save()
	}
	saveAll(s.found)
}

// apiARN is the ARN of something of API Gateway's, in which no account stands.
func (r *regionRun) apiARN(path string) string {
	return "arn:" + r.c.partition + ":apigateway:" + r.c.region + "::/" + path
}
