package main

// platformScenarios are those that need Linux.
func platformScenarios() []scenario {
	return []scenario{
		{name: "cut", run: cutScenario},
		{name: "powerloss", run: powerlossScenario},
		{name: "fulldisk", run: fulldiskScenario},
		{name: "fullstop", run: fullstopScenario},
		{name: "burst", run: burstScenario, extra: true},
	}
}
