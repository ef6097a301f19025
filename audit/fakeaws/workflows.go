package fakeaws

import (
	"net/http"
	"slices"
)

// machineARN is that of a state machine of the region.
func (g *Region) machineARN(m *StateMachine) string { return g.ARN("states", "stateMachine:"+m.Name) }

func listStateMachines(x *call) error {
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 1000, len(x.region.Machines))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("stateMachines", func() {
			for _, m := range x.region.Machines[from:to] {
				x.item(nil, func() {
					x.text("stateMachineArn", x.region.machineARN(m))
					x.text("name", m.Name)
					x.text("type", "STANDARD")
				})
			}
		})
		x.text("nextToken", next)
	})
	return nil
}

func describeStateMachine(x *call) error {
	i := slices.IndexFunc(x.region.Machines, func(m *StateMachine) bool { return x.region.machineARN(m) == x.in.StateMachineARN })
	if i < 0 {
		return &apiError{http.StatusBadRequest, "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + x.in.StateMachineARN + "'"}
	}
	m := x.region.Machines[i]
	x.item(nil, func() {
		x.text("stateMachineArn", x.region.machineARN(m))
		x.text("name", m.Name)
		x.text("status", "ACTIVE")
		x.text("definition", m.Definition)
	})
	return nil
}

func getJobs(x *call) error {
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 1000, len(x.region.Jobs))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("Jobs", func() {
			for _, j := range x.region.Jobs[from:to] {
				x.item(nil, func() {
					x.text("Name", j.Name)
					x.textMap("DefaultArguments", j.Arguments)
				})
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

func getConnections(x *call) error {
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 1000, len(x.region.Connections))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("ConnectionList", func() {
			for _, c := range x.region.Connections[from:to] {
				x.item(nil, func() { x.connection(c) })
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

func (x *call) connection(c *Connection) {
	x.text("Name", c.Name)
	x.text("ConnectionType", "JDBC")
	x.object("ConnectionProperties", func() {
		for _, name := range sortedKeys(c.Properties) {
			x.text(name, c.Properties[name])
		}
		if !x.in.HidePassword {
			x.text("PASSWORD", x.cloud.Marker())
		}
	})
}
