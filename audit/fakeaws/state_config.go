package fakeaws

// Parameter is one of Systems Manager's Parameter Store.
type Parameter struct {
	Name, Type, Value, KeyID, Description string // Type: String, StringList, SecureString
}

// Document is one of Systems Manager.
type Document struct{ Name, Content string }

// TaskDefinition is a revision of one of ECS.
type TaskDefinition struct {
	Family     string
	Revision   int
	Containers []Container
}

// Container is a part of a task definition.
type Container struct {
	Name        string
	Environment []Tag
	Command     []string
	Labels      map[string]string // dockerLabels
	LogOptions  map[string]string
	Secrets     []Tag // secrets: name and valueFrom
}

// Project is one of CodeBuild.
type Project struct {
	Name, Location, Buildspec string
	Environment               []ProjectVariable
}

// ProjectVariable is an environment variable of a project.
type ProjectVariable struct{ Name, Value, Type string } // Type: PLAINTEXT, PARAMETER_STORE, SECRETS_MANAGER

// Stack is one of CloudFormation. The values of parameters are told as they stand here:
// one with NoEcho stands as asterisks.
type Stack struct {
	Name, ID, Status, Description, Template string
	Parameters, Outputs, Tags               []Tag
}

// StateMachine is one of Step Functions.
type StateMachine struct{ Name, Definition string }

// API is one of API Gateway's, of either generation, with its stages.
type API struct {
	ID, Name string
	Stages   []Stage
}

// Stage is one of an API. Canary are the variables of its canary, which REST APIs
// have.
type Stage struct {
	Name              string
	Variables, Canary map[string]string
}

// Job is one of Glue.
type Job struct {
	Name      string
	Arguments map[string]string // DefaultArguments
}

// Connection is one of Glue. Who does not ask to hide the password is told the
// marker.
type Connection struct {
	Name       string
	Properties map[string]string
}

// Instance is one of EC2. UserData is the script as it was written; it is told in
// base64.
type Instance struct{ ID, State, UserData string }

// LaunchTemplate is one of EC2, with the user data of its versions from 1.
type LaunchTemplate struct {
	ID, Name string
	Default  int // number of the default version
	UserData []string
}
