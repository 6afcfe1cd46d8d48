package features

import "github.com/cucumber/godog"

// initialize gives each scenario a world of its own.
func initialize(*godog.ScenarioContext) {}
