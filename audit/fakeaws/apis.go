package fakeaws

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// readAPIPath reads the operations of both generations of API Gateway.
func (r *Request) readAPIPath() error {
	query := r.HTTP.URL.Query()
	r.in.NextToken = firstOf(query.Get("position"), query.Get("nextToken"))
	parts := strings.Split(strings.Trim(r.HTTP.URL.EscapedPath(), "/"), "/")
	second := parts[0] == "v2"
	if second {
		parts = parts[1:]
	}
	collection, list, stages := "restapis", "GetRestApis", "GetStages"
	if second {
		collection, list, stages = "apis", "GetApis", "GetStagesV2"
	}
	switch {
	case r.HTTP.Method != http.MethodGet || len(parts) == 0 || parts[0] != collection:
		return errUnknownOperation
	case len(parts) == 1:
		r.Operation = list
		return nil
	case len(parts) != 3 || parts[2] != "stages":
		return errUnknownOperation
	}
	id, err := url.PathUnescape(parts[1])
	if err != nil {
		return errUnknownOperation
	}
	r.Operation, r.Resource = stages, id
	return nil
}

// plainJSON refuses who would be answered in HAL, API Gateway's own form of JSON,
// which nothing here speaks.
func (x *call) plainJSON() error {
	if x.HTTP.Header.Get("Accept") != "application/json" {
		return &apiError{http.StatusNotAcceptable, "BadRequestException", "Accept is not application/json"}
	}
	return nil
}

func getRESTAPIs(x *call) error {
	if err := x.plainJSON(); err != nil {
		return err
	}
	return x.apis(x.region.RESTAPIs, "limit", 500, "item", "id", "position")
}

func getHTTPAPIs(x *call) error {
	return x.apis(x.region.HTTPAPIs, "maxResults", 500, "items", "apiId", "nextToken")
}

// apis writes a page of APIs, under the names of one generation.
func (x *call) apis(all []*API, size string, most int, list, id, next string) error {
	asked, err := x.queryNumber(size)
	if err != nil {
		return err
	}
	from, to, token, err := x.page(x.in.NextToken, asked, most, len(all))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list(list, func() {
			for _, a := range all[from:to] {
				x.item(nil, func() {
					x.text(id, a.ID)
					x.text("name", a.Name)
				})
			}
		})
		x.text(next, token)
	})
	return nil
}

// stagesOf returns those of the API that was asked for.
func (x *call) stagesOf(all []*API) ([]Stage, error) {
	i := slices.IndexFunc(all, func(a *API) bool { return a.ID == x.Resource })
	if i < 0 {
		return nil, &apiError{http.StatusNotFound, "NotFoundException", "Invalid API identifier specified " + x.Account + ":" + x.Resource}
	}
	return all[i].Stages, nil
}

func getRESTStages(x *call) error {
	if err := x.plainJSON(); err != nil {
		return err
	}
	stages, err := x.stagesOf(x.region.RESTAPIs)
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("item", func() {
			for _, s := range stages {
				x.item(nil, func() {
					x.text("stageName", s.Name)
					x.textMap("variables", s.Variables)
					if s.Canary != nil {
						x.object("canarySettings", func() { x.textMap("stageVariableOverrides", s.Canary) })
					}
				})
			}
		})
	})
	return nil
}

func getHTTPStages(x *call) error {
	stages, err := x.stagesOf(x.region.HTTPAPIs)
	if err != nil {
		return err
	}
	asked, err := x.queryNumber("maxResults")
	if err != nil {
		return err
	}
	from, to, token, err := x.page(x.in.NextToken, asked, 500, len(stages))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("items", func() {
			for _, s := range stages[from:to] {
				x.item(nil, func() {
					x.text("stageName", s.Name)
					x.textMap("stageVariables", s.Variables)
				})
			}
		})
		x.text("nextToken", token)
	})
	return nil
}
