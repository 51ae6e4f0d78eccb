package casefile

func checkQuery(string) error { return nil }
