# State Threads, Debian: libst-dev.
st_PACKAGES := st
st_WITH     := runtime/guest/kit
