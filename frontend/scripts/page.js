// What the server tells the scripts about this page, in <meta> elements of the layout.

/**
 * @param {string} name
 * @returns {string} the content, or "" when the page has none
 */
export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}

/** @returns {string} the token that every changing request must carry */
export function csrfToken() {
  return meta("csrf-token");
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} url
 * @param {URLSearchParams} body
 * @returns {Promise<Response>} what the server says to a form that the page itself sends
 */
export function post(url, body) {
  return fetch(url, {
    method: "POST",
    body,
    headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
    credentials: "same-origin",
    redirect: "error",
  });
}
