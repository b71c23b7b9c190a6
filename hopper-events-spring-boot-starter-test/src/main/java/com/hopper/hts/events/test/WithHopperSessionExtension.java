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
package com.hopper.hts.events.test;

import java.util.List;

import com.hopper.hts.events.session.HopperSessionContext;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

import org.springframework.test.context.TestContextAnnotationUtils;

/**
 * Opens and closes the context of {@link WithHopperSession}.
 */
final class WithHopperSessionExtension implements BeforeEachCallback, AfterEachCallback {

	private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace
		.create(WithHopperSessionExtension.class);

	@Override
	public void beforeEach(ExtensionContext context) {
		WithHopperSession annotation = AnnotationSupport
			.findAnnotation(context.getTestMethod(), WithHopperSession.class)
			.orElse(null);
		if (annotation == null) {
			annotation = TestContextAnnotationUtils.findMergedAnnotation(context.getRequiredTestClass(),
					WithHopperSession.class);
		}
		// An extension at a method and at its class is called once for each of them
		if (annotation != null && context.getStore(NAMESPACE).get(context.getUniqueId()) == null) {
			HopperSessionContext session = annotation.value().isEmpty() ? HopperSessionContext.create()
					: HopperSessionContext.of(annotation.value());
			session.addCfarOfferIds(List.of(annotation.cfarOfferIds()));
			session.addDgOfferIds(List.of(annotation.dgOfferIds()));
			context.getStore(NAMESPACE).put(context.getUniqueId(), session.open());
		}
	}

	@Override
	public void afterEach(ExtensionContext context) {
		HopperSessionContext.Scope scope = context.getStore(NAMESPACE)
			.remove(context.getUniqueId(), HopperSessionContext.Scope.class);
		if (scope != null) {
			scope.close();
		}
	}

}
