package weights

// NewPuller makes a puller of what the environment says: where the cache is, and whether there is a network
// (RESNET_OFFLINE).
func NewPuller(getenv func(string) string) (*Puller, error) {
	cache, err := NewCache(getenv)
	if err != nil {
		return nil, err
	}
	return &Puller{Cache: cache, Offline: isOn(getenv("RESNET_OFFLINE"))}, nil
}

// NewCache is the user's cache.
func NewCache(getenv func(string) string) (*Cache, error) {
	dir, err := CacheDir(getenv)
	if err != nil {
		return nil, err
	}
	return &Cache{Dir: dir}, nil
}

// isOn reads a variable that is set for yes: anything but 0, false and no.
func isOn(value string) bool {
	switch value {
	case "", "0", "false", "no", "off":
		return false
	}
	return true
}
