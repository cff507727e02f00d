// A blocking script of its own: it runs before the first paint, so that a chosen theme does not
// flash, and needs no inline script in the page's content security policy.
document.documentElement.dataset.theme = localStorage.getItem("maestro.theme") ?? "";
