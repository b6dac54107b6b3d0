// Package countersigntest runs the built countersign command for tests. [StartDev] starts a service
// that needs nothing, [Run] runs any other command to its end. A package that uses it hands its
// tests to [Main].
package countersigntest
