package audit

import (
	"context"
	"slices"
	"sync"
)

// maxExposures bounds what is recorded of one resource.
const maxExposures = 100

// maxSearched bounds a text that is searched, in bytes. The longest that AWS
// allows is a template of CloudFormation, 1 MB.
const maxSearched = 2 << 20

// collectConfiguration asks for the configuration of the region's resources
// and searches it, all services side by side.
func (r *regionRun) collectConfiguration(ctx context.Context) {
	var all sync.WaitGroup
	for _, collect := range []func(*regionRun, context.Context){
		(*regionRun).collectLambdas, (*regionRun).collectParameters, (*regionRun).collectDocuments, (*regionRun).collectTasks,
		(*regionRun).collectProjects, (*regionRun).collectInstances, (*regionRun).collectTemplates, (*regionRun).collectStacks,
		(*regionRun).collectStateMachines, (*regionRun).collectRESTAPIs, (*regionRun).collectHTTPAPIs, (*regionRun).collectJobs,
		(*regionRun).collectConnections,
	} {
		all.Go(func() { collect(r, ctx) })
	}
	all.Wait()
}

// A configReader searches the configuration of one resource and records what our
// rules find. What it is given stays in memory for as long as that takes.
type configReader struct {
	run    *regionRun
	record *Configuration
	arn    string // as AWS gave it
}

// configuration begins the record of a resource.
func (r *regionRun) configuration(kind, arn, name string) *configReader {
	return &configReader{run: r, arn: arn, record: &Configuration{
		Type: "configuration", Account: r.c.cell.account, Region: r.c.region, Kind: kind, ARN: r.texts.clean(arn), Name: r.texts.clean(name),
	}}
}

// value searches a text that has a name of its own at a path of the resource.
func (c *configReader) value(path, name, text string) {
	field := path
	if name != "" {
		field += "/" + c.name(path, name)
	}
	c.search(field, name, text)
}

// name searches the name of a text, into which people paste what belongs beside it, and
// returns it as the record may have it.
func (c *configReader) name(path, name string) string {
	found := c.run.Match("", name)
	if len(found) == 0 {
		return name
	}
	c.expose(path+"/"+found[0].Excerpt, found)
	return found[0].Excerpt
}

// text searches a text that stands at a path of the resource.
func (c *configReader) text(path, text string) { c.search(path, "", text) }

func (c *configReader) search(field, name, text string) {
	if text == "" {
		return
	}
	if c.record.Values++; len(text) > maxSearched {
		c.missing(c.run.c.gap(c.operation(), c.arn, Invalid, "a text longer than AWS allows"))
		return
	}
	c.expose(field, c.run.Match(name, text))
}

// expose notes what was found in a field.
func (c *configReader) expose(field string, found []Exposure) {
	for _, e := range found {
		e.Field, e.Excerpt = c.run.texts.clean(field), c.run.texts.clean(e.Excerpt)
		c.record.Exposures = append(c.record.Exposures, e)
	}
}

// values searches texts by name, in any order.
func (c *configReader) values(path string, texts map[string]string) {
	for name, text := range texts {
		c.value(path, name, text)
	}
}

// missing notes what could not be had of the resource.
func (c *configReader) missing(gap *Gap) {
	if gap != nil {
		gap.Region, gap.Resource = c.record.Region, c.record.ARN
		c.record.Gaps = append(c.record.Gaps, *gap)
	}
}

// operation is the one that tells of the resource, in the name of which its own
// gaps are noted.
func (c *configReader) operation() Operation { return tellingOf[c.record.Kind] }

// save hands the record on.
func (c *configReader) save() {
	list := c.record.Exposures
	slices.SortFunc(list, compareExposures)
	list = slices.Compact(list)
	if more := len(list) - maxExposures; more > 0 {
		list, c.record.MoreExposures = list[:maxExposures], more
	}
	c.record.Exposures = list
	c.run.save(c.run.c.cell, c.record)
}

// saveAll hands on the records that a listing made, by what tells them apart: an item
// may come twice.
func saveAll(found map[string]*configReader) {
	for _, read := range found {
		read.save()
	}
}

// saveGap hands on a gap about the region as a whole.
func (r *regionRun) saveGap(gap *Gap) {
	if gap != nil {
		r.save(r.c.cell, *gap)
	}
}

// The kinds of resources whose configuration is searched, by their types in
// CloudFormation.
const (
	kindFunction  = "AWS::Lambda::Function"
	kindParameter = "AWS::SSM::Parameter"
	kindDocument  = "AWS::SSM::Document"
	kindTask      = "AWS::ECS::TaskDefinition"
	kindProject   = "AWS::CodeBuild::Project"
	kindInstance  = "AWS::EC2::Instance"
	kindTemplate  = "AWS::EC2::LaunchTemplate"

	kindStack        = "AWS::CloudFormation::Stack"
	kindStateMachine = "AWS::StepFunctions::StateMachine"
	kindRESTStage    = "AWS::ApiGateway::Stage"
	kindHTTPStage    = "AWS::ApiGatewayV2::Stage"
	kindJob          = "AWS::Glue::Job"
	kindConnection   = "AWS::Glue::Connection"
)

// tellingOf names the operation that tells the most of a resource of a kind.
var tellingOf = map[string]Operation{
	kindFunction: ListFunctions, kindParameter: GetParameters, kindDocument: GetDocument, kindTask: DescribeTaskDefinition,
	kindProject: BatchGetProjects, kindInstance: DescribeInstanceAttribute, kindTemplate: DescribeLaunchTemplateVersions,
	kindStack: DescribeStacks, kindStateMachine: DescribeStateMachine, kindRESTStage: GetRESTStages, kindHTTPStage: GetHTTPStages,
	kindJob: GetJobs, kindConnection: GetConnections,
}
