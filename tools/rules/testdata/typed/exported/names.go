package exported

type Used struct{ Inner Mentioned }

type Mentioned int

const Beside Mentioned = 1

func Lonely() {}

func Documented() {}

func OnlyTested() {}

func ByExample() {}
