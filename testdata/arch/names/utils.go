// as mtm/internal/utils/names.go
package utils // want "utils says nothing"

type Manager struct{} // want "Manager says nothing"

type sessionManager struct{} // want "sessionManager says nothing"

type helper struct{} // want "helper says nothing"

type ManagementOf struct{}

func GetSize() int { return 0 } // want "GetSize: a getter has the name of what it gives"

func (Manager) GetName() string { return "" } // want "GetName"

func Getaway() {}
