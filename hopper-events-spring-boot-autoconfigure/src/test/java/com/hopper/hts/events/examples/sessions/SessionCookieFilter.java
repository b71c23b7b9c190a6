/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.examples.sessions;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import com.hopper.hts.events.session.HopperSessionContext;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.WebUtils;

class SessionCookieFilter extends OncePerRequestFilter {

	private final SecretKeySpec key;

	SessionCookieFilter(byte[] key) {
		this.key = new SecretKeySpec(key, "HmacSHA256");
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		Cookie cookie = WebUtils.getCookie(request, "hopper");
		String[] parts = (cookie != null) ? cookie.getValue().split("[.]", 2) : new String[0];
		if (parts.length == 2
				&& MessageDigest.isEqual(signature(parts[1]), parts[0].getBytes(StandardCharsets.UTF_8))) {
			HopperSessionContext.current().setSessionId(parts[1]);
		}
		chain.doFilter(request, response);
	}

	// Called by the controller that has got the offers
	void keep(HttpServletResponse response) {
		String sessionId = HopperSessionContext.current().sessionId();
		if (sessionId != null) {
			Cookie cookie = new Cookie("hopper",
					new String(signature(sessionId), StandardCharsets.UTF_8) + "." + sessionId);
			cookie.setHttpOnly(true);
			cookie.setSecure(true);
			response.addCookie(cookie);
		}
	}

	private byte[] signature(String sessionId) {
		try {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(this.key);
			byte[] signature = mac.doFinal(sessionId.getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(signature).getBytes(StandardCharsets.UTF_8);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
