//! The pages of the portal.

use crate::core::base_url::below;
use crate::provider::PortalPage;
use url::Url;

/// The absolute link of a page of the portal at this base URL.
pub(super) fn page(base: &Url, page: PortalPage, organisation: Option<&str>) -> String {
    let (segment, query) = match page {
        PortalPage::Topup => ("billing", Some(("topup", "open"))),
        PortalPage::Limit => ("billing", Some(("limit", "open"))),
        PortalPage::Plan => ("manage-subscription", organisation.map(|id| ("org_id", id))),
    };
    let mut url = below(base, &[segment]);
    if let Some((key, value)) = query {
        url.query_pairs_mut().append_pair(key, value);
    }
    url.into()
}

/// The page of this organisation where credits are bought. Contract: nous, links.
pub(super) fn page_of(base: &Url, slug: &str) -> String {
    let mut url = below(base, &["orgs", slug, "billing"]);
    url.query_pairs_mut().append_pair("topup", "open");
    url.into()
}

/// A short name that can stand in a path.
pub(super) fn is_slug(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= 128 && text.bytes().all(word)
}
