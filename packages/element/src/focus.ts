// Where the focus of the page is.

/** Whether a node in the shadow tree has the focus. In a window in the background, `:focus` matches nothing. */
export function isActive(node: Node): boolean {
  const root = node.getRootNode()
  return root instanceof ShadowRoot && root.activeElement === node
}

/** Whether no element of a document has the focus. */
export const isFocusFree = ({ activeElement, body }: Document): boolean =>
  activeElement === null || activeElement === body

/** Whether an answer of the API may move the focus: not while the user works elsewhere in the page. */
export function mayMoveFocus(host: HTMLElement): boolean {
  if (isFocusFree(host.ownerDocument)) return true
  const root = host.getRootNode()
  // The widget of a captcha service is a child of the element.
  return host.contains(root instanceof ShadowRoot ? root.activeElement : host.ownerDocument.activeElement)
}
